import { z } from 'zod';
import type { Google } from '../../../configs/google.ts';
import { identityOf, placeOf, type Identity, type Place } from '../auth.ts';
import { googleFetch, serviceBase, vertexBase } from '../rest.ts';
import { enableCommand, grantCommand, roleFor } from '../roles.ts';
import { checkBucket } from './bucket.ts';
import { failed, Granted, type Ask, type CloudCheck } from './check.ts';
import { bucketsOf, permissionsOf, servicesOf, type NeededService } from './needs.ts';

export interface Checkup {
  identity?: Identity | undefined;
  place?: Place | undefined;
  checks: CloudCheck[];
}

/** For each question, in ms. */
const BOUND_MS = 4000;

/**
 * Looks at everything that a run at Google needs: who asks, where, with which permissions, APIs and buckets. Changes
 * nothing there. Takes a few seconds at most; what cannot be looked at is said.
 */
export async function checkup(
  recipe: { google?: Partial<Google> | undefined } = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Checkup> {
  const [who, where] = await Promise.allSettled([identityOf(), placeOf(recipe.google ?? {})]);
  const identity = who.status === 'fulfilled' ? await named(who.value, signal) : undefined;
  const place = where.status === 'fulfilled' ? where.value : undefined;
  const checks: CloudCheck[] = [
    identity ? { name: 'identity', ok: true, found: inWords(identity) } : failed('identity', (who as Lost).reason),
    place
      ? { name: 'project', ok: true, found: `${place.project} (${place.from.project})` }
      : failed('project', (where as Lost).reason),
  ];
  if (place) checks.push({ name: 'location', ok: true, found: `${place.location} (${place.from.location})` });
  if (!identity || !place) return { identity, place, checks };
  const ask: Ask = (request) => googleFetch({ ...request, signal, timeoutMs: BOUND_MS });
  // As in a run: google.userProject pays for buckets alone.
  const askBucket: Ask = (request) =>
    googleFetch({ ...request, signal, timeoutMs: BOUND_MS, userProject: recipe.google?.userProject });
  const more = await Promise.all([
    vertex(place, ask),
    permissions(place, permissionsOf(recipe), memberOf(identity), ask),
    ...servicesOf(recipe).map((service) => api(place, service, ask)),
    ...bucketsOf(recipe).map((use) => checkBucket(use, place, memberOf(identity), askBucket)),
  ]);
  return { identity, place, checks: [...checks, ...more.flat()] };
}

/** A person's credentials do not hold the address; Google tells it, where the scopes of the login allow that. */
async function named(identity: Identity, signal: AbortSignal): Promise<Identity> {
  if (identity.kind !== 'user' || identity.email !== undefined) return identity;
  const reply = z.object({ email: z.email() });
  try {
    const url = 'https://openidconnect.googleapis.com/v1/userinfo';
    const { email } = await googleFetch({ url, signal, timeoutMs: BOUND_MS, reply });
    return { ...identity, email };
  } catch {
    return identity; // only makes the identity clearer; the other checks say what is wrong
  }
}

interface Lost {
  reason: unknown;
}

function inWords({ kind, email, quotaProject, from }: Identity): string {
  const name = kind === 'pretended' ? 'nobody' : [kind, email].filter(Boolean).join(' ');
  return `${name} (${from})${quotaProject ? `, requests count towards ${quotaProject}` : ''}`;
}

/** How an identity is written in a policy. */
function memberOf({ kind, email }: Identity): string | undefined {
  if (email === undefined) return undefined;
  return `${kind === 'user' ? 'user' : 'serviceAccount'}:${email}`;
}

/** The one question that shows that identity, project, API and location go together. */
async function vertex({ project, location }: Place, ask: Ask): Promise<CloudCheck[]> {
  const name = 'Vertex AI';
  try {
    const url = `${vertexBase(location)}/v1/projects/${encodeURIComponent(project)}/locations/${location}/tuningJobs?pageSize=1`;
    await ask({ url, reply: z.looseObject({}) });
    return [{ name, ok: true, found: `answers in ${location}` }];
  } catch (error) {
    return [failed(name, error)];
  }
}

async function permissions(
  { project }: Place,
  wanted: readonly string[],
  member: string | undefined,
  ask: Ask,
): Promise<CloudCheck[]> {
  const name = 'permissions';
  try {
    const url = `${serviceBase('cloudresourcemanager')}/v1/projects/${encodeURIComponent(project)}:testIamPermissions`;
    const body = { permissions: wanted };
    const granted = await ask({ url, body, isRead: true, reply: Granted });
    const missing = wanted.filter((permission) => !granted.permissions.includes(permission));
    if (missing.length === 0) return [{ name, ok: true, found: `all ${wanted.length} on the project` }];
    const roles = [...new Set(missing.map((permission) => roleFor(permission) ?? 'roles/aiplatform.user'))];
    const remedy = roles.map((role) => grantCommand(project, role, member)).join(' && ');
    return [{ name, ok: false, found: `the identity lacks ${missing.join(', ')} on the project ${project}`, remedy }];
  } catch (error) {
    return [failed(name, error, 'permissions could not be looked at; a run may have them all the same')];
  }
}

const Service = z.object({ state: z.string().optional() });

async function api({ project }: Place, { service, without }: NeededService, ask: Ask): Promise<CloudCheck[]> {
  const name = `API ${service.split('.')[0]}`;
  try {
    const url = `${serviceBase('serviceusage')}/v1/projects/${encodeURIComponent(project)}/services/${service}`;
    const { state } = await ask({ url, reply: Service });
    if (state === 'ENABLED') return [{ name, ok: true, found: 'enabled' }];
    const note = without === undefined ? {} : { note: `it is optional: ${without}` };
    return [{ name, ok: false, found: `not enabled in ${project}`, remedy: enableCommand(project, service), ...note }];
  } catch (error) {
    return [failed(name, error, 'whether it is enabled could not be looked at')];
  }
}
