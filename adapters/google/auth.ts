import { env } from 'node:process';
import type { AuthClient } from 'google-auth-library';
import { messageOf, systemCode, terminal } from '../../configs/failure.ts';
import { plain } from '../../configs/plain.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { redact } from '../remote/redact.ts';
import { isLoopback } from './address.ts';
import { identityOf } from './credentials.ts';

export { identityOf, type Identity } from './credentials.ts';

/** Where work at Google is done and paid, and where each of the two was found. */
export interface Place {
  project: string;
  location: string;
  from: { project: string; location: string };
}

/** Where a tuning job runs when nobody says anything: the location that has every model. */
const DEFAULT_LOCATION = 'us-central1';

/**
 * Project and location out of the recipe, the environment or the credentials, in that order.
 *
 * @throws TerminalError `NoProject`
 */
export async function placeOf(recipe: { project?: string | undefined; location?: string | undefined }): Promise<Place> {
  const location = first(
    [recipe.location, 'google.location in the recipe'],
    [env['GOOGLE_CLOUD_LOCATION'], 'GOOGLE_CLOUD_LOCATION'],
  ) ?? { value: DEFAULT_LOCATION, from: 'the default' };
  const project =
    first([recipe.project, 'google.project in the recipe'], [env['GOOGLE_CLOUD_PROJECT'], 'GOOGLE_CLOUD_PROJECT']) ??
    (await projectOfCredentials());
  if (project) {
    return {
      project: project.value,
      location: location.value,
      from: { project: project.from, location: location.from },
    };
  }
  throw terminal(
    'NoProject',
    'no Google Cloud project is named: set google.project in the recipe or GOOGLE_CLOUD_PROJECT where the worker runs',
  );
}

function first(...found: [value: string | undefined, from: string][]): { value: string; from: string } | undefined {
  const [value, from] = found.find(([text]) => text !== undefined && text !== '') ?? [];
  return value === undefined || from === undefined ? undefined : { value, from };
}

async function projectOfCredentials(): Promise<{ value: string; from: string } | undefined> {
  const { project, from } = await identityOf().catch(() => ({ project: undefined, from: '' }));
  return project === undefined ? undefined : { value: project, from: `the credentials (${from})` };
}

/** Gives the headers that say who asks; kept apart so that a test can stand in for Google. */
export interface Tokens {
  /** `authorization` and, where there is one, `x-goog-user-project`. */
  headers(url: URL, scope: string): Promise<Record<string, string>>;
  /** The last token was turned down: the next one is made anew. */
  forget(): void;
}

/** Enough for everything that is done here; narrower ones exist for storage alone. */
export const CLOUD_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** For servers on this machine. */
const PRETENDED: Tokens = { headers: async () => ({ authorization: 'Bearer test' }), forget: () => undefined };

/** Application Default Credentials, as the client library gets and renews them. */
const DEFAULT: Tokens = {
  headers: async (url, scope) => {
    const client = await clientOf(scope);
    try {
      return Object.fromEntries(await client.getRequestHeaders(url.href));
    } catch (error) {
      throw tokenError(error);
    }
  },
  forget: () => clients.clear(),
};

/** Whose headers go to an address; real ones never over http. */
export const tokensFor = (url: URL): Tokens => (isLoopback(url) ? PRETENDED : DEFAULT);

const clients = new Map<string, Promise<AuthClient>>();

/** A token that is turned down before its time, as where the clock is slow, is renewed and the request made once more. */
const RENEWING = { forceRefreshOnFailure: true };

/**
 * The client library's own client of the Application Default Credentials, for other libraries of Google. It is made
 * once for each scope.
 *
 * @throws TerminalError `NoCredentials`
 */
export function clientOf(scope: string = CLOUD_SCOPE): Promise<AuthClient> {
  const key = [scope, env['GOOGLE_APPLICATION_CREDENTIALS'], env['CLOUDSDK_CONFIG'], env['HOME']].join('\n');
  const known = clients.get(key);
  if (known) return known;
  const made = make(scope);
  clients.set(key, made);
  made.catch(() => clients.delete(key));
  return made;
}

async function make(scope: string): Promise<AuthClient> {
  const identity = await identityOf();
  const { Compute, GoogleAuth, PassThroughClient } = await import('google-auth-library');
  if (identity.kind === 'pretended') return new PassThroughClient();
  if (identity.kind === 'metadata server') {
    const client = new Compute({ ...RENEWING, scopes: [scope] });
    if (identity.quotaProject) client.quotaProjectId = identity.quotaProject;
    return client;
  }
  try {
    // A project keeps the library from starting gcloud and from asking the metadata server for one.
    const options = { scopes: [scope], projectId: identity.project ?? 'none', clientOptions: RENEWING };
    return await new GoogleAuth(options).getClient();
  } catch (error) {
    throw tokenError(error);
  }
}

/** Why no token came. */
function tokenError(error: unknown): Error {
  const { status } = (error as { response?: { status?: number } }).response ?? {};
  const words = redact(plain(messageOf(error)).trim()).slice(0, 300);
  // Node's own codes, such as ERR_OSSL_…, speak of a broken key.
  const isNetwork = status === undefined && /^E(?!RR_)[A-Z]+$|^TimeoutError$/.test(systemCode(error) ?? '');
  if (isNetwork || (status !== undefined && (status >= 500 || status === 429))) {
    return new RemoteFailure('away', `Google gave no token just now (${words})`);
  }
  return terminal(
    'NoCredentials',
    `Google does not accept the credentials (${words}): run \`gcloud auth application-default login\` again, or make a new key for the service account`,
  );
}
