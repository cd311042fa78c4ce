import type { Bucket } from '@google-cloud/storage';
import { TerminalError } from '../../../configs/failure.ts';
import { bucketOf, openStorage, type StorageSettings } from './client.ts';
import { forbidden, type Doing } from './errors.ts';
import { listObjects } from './objects.ts';
import { persist, type Patience } from './persist.ts';
import { gsUri, parseGs } from './uri.ts';

/** What a store needs to be allowed; removing is for `anneal gc` and for damaged artifacts. */
const NEEDED = ['storage.objects.create', 'storage.objects.get', 'storage.objects.list'];

/**
 * Looks, in a second or so, whether a bucket is there and may be written to.
 * @throws TerminalError `NoSuchBucket`, `NoPermission` and others; RemoteFailure when it does not answer.
 */
export async function checkBucket(uri: string, settings: StorageSettings): Promise<void> {
  const place = parseGs(uri);
  const bucket = bucketOf(await openStorage(settings), place.bucket, settings);
  const doing = { uri: gsUri(place), bucket: place.bucket, settings };
  const patience = { tries: 3, pauseMs: 100 };
  for await (const _page of listObjects(bucket, place.name, doing, { patience, page: 1 })) break;
  const missing = await missingOf(bucket, doing, patience);
  if (missing !== undefined) throw forbidden(`Permission ${missing} denied`, doing.uri, place.bucket);
}

/** A permission that is not granted; where it cannot be asked, the first write tells. */
async function missingOf(bucket: Bucket, doing: Doing, patience: Patience): Promise<string | undefined> {
  try {
    const [granted] = await persist(doing, () => bucket.iam.testPermissions(NEEDED), patience);
    return NEEDED.find((permission) => (granted as Record<string, boolean>)[permission] !== true);
  } catch (error) {
    if (error instanceof TerminalError) return undefined;
    throw error;
  }
}
