import { env } from 'node:process';
import type { Bucket, Storage } from '@google-cloud/storage';
import { terminal } from '../../../configs/failure.ts';
import { isLoopback } from '../address.ts';
import { clientOf } from '../auth.ts';
import { Crc32c } from './crc32c.ts';

/** Who asks, who pays and whose key encrypts. */
export interface StorageSettings {
  project?: string | undefined;
  /** Pays for requests to a bucket with "requester pays". */
  userProject?: string | undefined;
  /** `projects/…/cryptoKeys/…` for what is written; default: the bucket's. */
  kmsKey?: string | undefined;
}

/** Longest wait for the answer to a small request, in ms; a worse line is better tried again. */
const ANSWER_MS = 60_000;

/**
 * A client of its own. It repeats nothing by itself: one write without a precondition would switch repeating off for
 * whoever shares it, and repeating is done in one place here (`persist`). Where STORAGE_EMULATOR_HOST leads to a
 * server on this machine, no credentials are looked for.
 *
 * @throws TerminalError `BadEndpoint`, `NoCredentials`
 */
export async function openStorage({ project }: StorageSettings = {}): Promise<Storage> {
  const pretended = emulator();
  const { Storage: Client } = await import('@google-cloud/storage');
  const { PassThroughClient } = await import('google-auth-library');
  const storage = new Client({
    projectId: project ?? env['GOOGLE_CLOUD_PROJECT'] ?? (pretended === undefined ? 'none' : 'test'),
    authClient: pretended === undefined ? await clientOf() : new PassThroughClient(),
    ...(pretended === undefined ? {} : { apiEndpoint: pretended }),
    retryOptions: { autoRetry: false },
    timeout: ANSWER_MS,
    crc32cGenerator: () => new Crc32c(),
  });
  // With the variable set, the library leaves the version out of its addresses.
  if (pretended !== undefined) storage.baseUrl = `${pretended}/storage/v1`;
  return storage;
}

/** A bucket, with the project that pays. */
export const bucketOf = (storage: Storage, name: string, { userProject }: StorageSettings): Bucket =>
  storage.bucket(name, userProject === undefined ? {} : { userProject });

/** Options of a file that is written: the key of one's own, where there is one. */
export const keyOf = ({ kmsKey }: StorageSettings = {}): { kmsKeyName?: string } =>
  kmsKey === undefined ? {} : { kmsKeyName: kmsKey };

/** The test server that is asked in place of Google; undefined: Google. */
function emulator(): string | undefined {
  const address = env['STORAGE_EMULATOR_HOST'];
  if (address === undefined || address === '') return undefined;
  const url = URL.parse(address);
  if (url && isLoopback(url)) return url.origin;
  throw terminal(
    'BadEndpoint',
    'STORAGE_EMULATOR_HOST is no http address on this machine: give one such as http://127.0.0.1:4443, or unset it to reach Google',
  );
}
