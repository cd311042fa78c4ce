import { messageOf, systemCode, terminal, TerminalError } from '../../../configs/failure.ts';
import { plain } from '../../../configs/plain.ts';
import { RemoteFailure } from '../../remote/failure.ts';
import { redact } from '../../remote/redact.ts';
import type { StorageSettings } from './client.ts';

/** What was being done, for a message. */
export interface Doing {
  /** `gs://bucket/name` */
  uri: string;
  bucket: string;
  settings?: StorageSettings | undefined;
}

/**
 * HTTP status of an error, from wherever the client library puts it. Not `instanceof ApiError`: on the path of large
 * files a refusal is a plain object.
 */
export function statusOf(error: unknown): number | undefined {
  const { code, status, response } = (error ?? {}) as {
    code?: unknown;
    status?: unknown;
    response?: { status?: unknown };
  };
  return [code, status, response?.status].map(Number).find((number) => number >= 100 && number < 600);
}

const SYSTEM = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
  'CONTENT_DOWNLOAD_MISMATCH',
  'FILE_NO_UPLOAD',
]);

/** What may be otherwise in a moment: 408, 429, 5xx and everything about the connection. */
export function isTransient(error: unknown): boolean {
  if (error instanceof TerminalError) return false;
  if (error instanceof RemoteFailure) return error.kind === 'quota' || error.kind === 'away';
  const status = statusOf(error);
  if (status !== undefined) return status === 408 || status === 429 || status >= 500;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = systemCode(at) ?? (at as { type?: unknown }).type;
    if (typeof code === 'string' && SYSTEM.has(code)) return true;
    if (/socket hang up|premature close|network|timed? ?out|aborted|fetch failed|terminated/i.test(at.message))
      return true;
  }
  return false;
}

/** Role that has a permission, for a sentence. */
const ROLES: readonly [RegExp, string][] = [
  [/^storage\.objects\.(?:get|list)$/, 'roles/storage.objectViewer'],
  [/^storage\.objects\.create$/, 'roles/storage.objectUser'],
  [/^storage\.objects\./, 'roles/storage.objectUser'],
  [/^storage\.buckets\.get$/, 'roles/storage.bucketViewer'],
  [/^storage\./, 'roles/storage.admin'],
  [/^serviceusage\.services\.use$/, 'roles/serviceusage.serviceUsageConsumer'],
];

/**
 * What a person has to do about an error, in a sentence; an error that may pass is a RemoteFailure; what is about
 * something else is given back as it is.
 */
export function explained(error: unknown, { uri, bucket, settings }: Doing): unknown {
  if (error instanceof TerminalError || error instanceof RemoteFailure) return error;
  const said = redact(plain(messageOf(error)).replaceAll(/\s+/g, ' ').trim())
    .replace(/^request to \S+ failed, reason: /, '')
    .replace(/\.$/, '')
    .slice(0, 300);
  const because = said === '' ? '' : ` (${said})`;
  const status = statusOf(error);
  const make = (type: string, sentence: string): TerminalError => terminal(type, sentence, { uri });
  if (/invalid_grant|invalid_rapt|default credentials|reauth|Token has been expired/i.test(said) || status === 401) {
    return make(
      'NoCredentials',
      `Google does not accept the credentials for gs://${bucket}${because}: run \`gcloud auth application-default login\` again, or renew the key of the service account`,
    );
  }
  if (/requester pays/i.test(said)) {
    return make(
      'NoUserProject',
      `gs://${bucket} lets whoever asks pay${because}: set google.userProject in the recipe to the project that shall pay`,
    );
  }
  if (/billing/i.test(said) && (status === 400 || status === 403)) {
    return make(
      'NoBilling',
      `gs://${bucket} cannot be used without billing${because}: link a billing account to project ${settings?.userProject ?? settings?.project ?? 'of the bucket'}`,
    );
  }
  if (/kms|cryptoKey/i.test(said) && status !== undefined && status >= 400 && status < 500) {
    return make(
      'NoKey',
      `the key ${settings?.kmsKey ?? `of gs://${bucket}`} cannot be used${because}: it has to lie in the bucket's location, and the project's Cloud Storage service agent needs roles/cloudkms.cryptoKeyEncrypterDecrypter on it`,
    );
  }
  if (status === 403) return forbidden(said, uri, bucket);
  if (status === 404 && isAboutBucket(said)) return noBucket(bucket);
  if (isTransient(error)) {
    const kind = status === 429 ? 'quota' : 'away';
    return new RemoteFailure(kind, `Cloud Storage did not do its work for ${uri}${because}`, { cause: error });
  }
  if (status === 400 || status === 412 || status === 404) {
    return make('StorageRefused', `Cloud Storage refuses ${uri} with ${status}${because}`);
  }
  return error;
}

/**
 * Whether the words of a 404 are about the bucket. Those about an object quote its address, in which any word may stand:
 * "No such object: my-bucket/rows.jsonl".
 */
export const isAboutBucket = (words: string): boolean => /\bbucket\b/i.test(words) && !/^no such object/i.test(words);

/** The error for a bucket that is not there, or that may not be seen. */
export const noBucket = (bucket: string): TerminalError =>
  terminal(
    'NoSuchBucket',
    `there is no bucket gs://${bucket}: check its name, or make it with \`gcloud storage buckets create gs://${bucket} --location=REGION\` in the region of your tuning jobs`,
    { bucket },
  );

/** The error for a permission that is missing. */
export function forbidden(said: string, uri: string, bucket: string): TerminalError {
  const permission = /\b(?:storage|serviceusage)\.[a-zA-Z]+\.[a-zA-Z]+\b/.exec(said)?.[0];
  const who = /^(\S+@\S+?) does not have/.exec(said)?.[1] ?? 'the identity in use';
  const role = ROLES.find(([pattern]) => pattern.test(permission ?? ''))?.[1] ?? 'roles/storage.objectUser';
  return terminal(
    'NoPermission',
    `${who} may not use ${uri}${permission === undefined ? ` (${said})` : `: ${permission} is missing`}; give it ${role}, e.g. \`gcloud storage buckets add-iam-policy-binding gs://${bucket} --member=… --role=${role}\``,
    { uri, ...(permission === undefined ? {} : { permission }) },
  );
}
