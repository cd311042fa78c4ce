import { bucketOf, openStorage, type StorageSettings } from './client.ts';
import { forbidden, statusOf } from './errors.ts';
import { listObjects } from './objects.ts';
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
  const missing = await missingOf(bucket);
  if (missing !== undefined) throw forbidden(`Permission ${missing} denied`, doing.uri, place.bucket);
}

/** A permission that is not granted; where it cannot be asked, the first write tells. */
async function missingOf(bucket: ReturnType<typeof bucketOf>): Promise<string | undefined> {
  try {
    const [granted] = (await bucket.iam.testPermissions(NEEDED)) as [Record<string, boolean>, unknown];
    return NEEDED.find((permission) => granted[permission] !== true);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    return undefined;
  }
}
