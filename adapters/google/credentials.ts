import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { z } from 'zod';
import { messageOf, systemCode, terminal, type TerminalError } from '../../configs/failure.ts';
import { isPretended } from './address.ts';

/** Who asks Google; never a key or token. */
export interface Identity {
  kind:
    | 'user'
    | 'service account'
    | 'impersonated service account'
    | 'workload identity federation'
    | 'metadata server'
    /** A test server on this machine is asked; no credentials are looked for. */
    | 'pretended';
  email?: string | undefined;
  /** Project that the credentials belong to. */
  project?: string | undefined;
  /** Project whose quota and bill requests count towards. */
  quotaProject?: string | undefined;
  /** Where the credentials were found, in words. */
  from: string;
}

/** Longest wait for each of the metadata server's answers; where it is, they take a few ms. */
const METADATA_MS = 700;

const REMEDY =
  'run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, where the worker runs';

/** What is read from a credentials file; its secrets are left to the client library. */
const CredentialsFile = z.object({
  type: z.string(),
  client_email: z.string().optional(),
  account: z.string().optional(),
  project_id: z.string().optional(),
  quota_project_id: z.string().optional(),
  service_account_impersonation_url: z.string().optional(),
});

const KINDS: Record<string, Identity['kind']> = {
  authorized_user: 'user',
  external_account_authorized_user: 'user',
  service_account: 'service account',
  impersonated_service_account: 'impersonated service account',
  external_account: 'workload identity federation',
};

/**
 * Who Application Default Credentials are: a file that GOOGLE_APPLICATION_CREDENTIALS names, the file of gcloud, or
 * the metadata server of a machine at Google, in that order (https://cloud.google.com/docs/authentication).
 *
 * @throws TerminalError `NoCredentials` within about a second when there are none, or the file cannot be used.
 */
export async function identityOf(): Promise<Identity> {
  if (isPretended()) return { kind: 'pretended', from: 'ANNEAL_VERTEX_URL names a test server' };
  const file = credentialsFile();
  if (file) return readIdentity(file.path, file.from);
  const found = await metadataIdentity();
  if (found) return found;
  throw terminal('NoCredentials', `no Google credentials were found: ${REMEDY}`);
}

function credentialsFile(): { path: string; from: string } | undefined {
  const named = env['GOOGLE_APPLICATION_CREDENTIALS'];
  if (named) return { path: named, from: 'GOOGLE_APPLICATION_CREDENTIALS' };
  const folder = env['CLOUDSDK_CONFIG'] ?? (env['HOME'] ? join(env['HOME'], '.config', 'gcloud') : undefined);
  const path = folder && join(folder, 'application_default_credentials.json');
  return path && existsSync(path) ? { path, from: 'gcloud auth application-default login' } : undefined;
}

async function readIdentity(path: string, from: string): Promise<Identity> {
  const unusable = (what: string, cause?: unknown): TerminalError =>
    terminal('NoCredentials', `the Google credentials of ${from} cannot be used: ${what}; ${REMEDY}`, {}, cause);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unusable(systemCode(error) === 'ENOENT' ? `there is no file ${path}` : messageOf(error));
  }
  // No cause and no excerpt: a parser's message may quote the file.
  const parsed = CredentialsFile.safeParse(parse(text));
  if (!parsed.success) throw unusable(`${path} is no JSON credentials file`);
  const { type, client_email, account, project_id, quota_project_id, service_account_impersonation_url } = parsed.data;
  const kind = KINDS[type];
  if (!kind) throw unusable(`its type is none of ${Object.keys(KINDS).join(', ')}`);
  const impersonated = service_account_impersonation_url?.match(/([^/]+@[^/:]+):generate/)?.[1];
  return {
    kind,
    email: client_email ?? impersonated ?? (account || undefined),
    project: project_id ?? (kind === 'user' ? quota_project_id : projectIn(impersonated)),
    quotaProject: env['GOOGLE_CLOUD_QUOTA_PROJECT'] ?? quota_project_id,
    from,
  };
}

/** The project in a service account's address: `name@PROJECT.iam.gserviceaccount.com`. */
const projectIn = (email?: string): string | undefined =>
  /@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email ?? '')?.[1];

/** Cloud Run, GKE with workload identity, Compute Engine: the machine itself has an identity. */
async function metadataIdentity(): Promise<Identity | undefined> {
  if (env['METADATA_SERVER_DETECTION']?.trim().toLowerCase() === 'none') return undefined;
  const host = env['GCE_METADATA_HOST'] ?? env['GCE_METADATA_IP'] ?? '169.254.169.254';
  const ask = async (path: string): Promise<string | undefined> => {
    try {
      const reply = await fetch(`http://${host}/computeMetadata/v1/${path}`, {
        headers: { 'metadata-flavor': 'Google' },
        redirect: 'error',
        signal: AbortSignal.timeout(METADATA_MS),
      });
      // Other clouds have a server at the same address.
      if (!reply.ok || reply.headers.get('metadata-flavor') !== 'Google') return undefined;
      return (await reply.text()).trim().slice(0, 200);
    } catch {
      return undefined; // no such server: this machine is not at Google
    }
  };
  const [email, project] = await Promise.all([
    ask('instance/service-accounts/default/email'),
    ask('project/project-id'),
  ]);
  if (email === undefined && project === undefined) return undefined;
  return {
    kind: 'metadata server',
    email,
    project,
    quotaProject: env['GOOGLE_CLOUD_QUOTA_PROJECT'],
    from: 'the metadata server of this machine',
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
