import { pathIn } from '../../artifacts/address.ts';
import { hexOf } from '../../artifacts/canonical.ts';
import { Manifest } from '../../artifacts/store.ts';
import { bucketOf, keyOf, openStorage, type StorageSettings } from './storage/client.ts';
import { statusOf } from './storage/errors.ts';
import { inParallel, persist } from './storage/persist.ts';
import { gsUri, parseGs } from './storage/uri.ts';

/** Files that are copied at once. */
const AT_ONCE = 8;

/**
 * Gives a folder artifact of a store in Cloud Storage its file names: copies of its files in `models/DIGEST/` below the
 * store, made by the service without their bytes coming here. Doing it again changes nothing.
 *
 * @param store `gs://bucket/prefix`
 * @returns `gs://bucket/prefix/models/DIGEST/`
 */
export async function publishFolder(store: string, digest: string, settings: StorageSettings = {}): Promise<string> {
  const place = parseGs(store);
  const prefix = place.name === '' ? '' : `${place.name.replace(/\/+$/, '')}/`;
  const bucket = bucketOf(await openStorage(settings), place.bucket, settings);
  const doing = { uri: store, bucket: place.bucket, settings };
  const [text] = await persist(doing, () => bucket.file(`${prefix}${pathIn('trees', digest)}`).download());
  const { files } = Manifest.parse(JSON.parse(text.toString('utf8')));
  const folder = `${prefix}models/${hexOf(digest)}/`;
  await inParallel(files, AT_ONCE, ({ path, sha256 }) =>
    persist(doing, async () => {
      try {
        const target = bucket.file(`${folder}${path}`, keyOf(settings));
        const blob = bucket.file(`${prefix}${pathIn('blobs', `sha256:${sha256}`)}`);
        await blob.copy(target, { preconditionOpts: { ifGenerationMatch: 0 } });
      } catch (error) {
        // It is there: what lies under a digest never changes.
        if (statusOf(error) !== 412) throw error;
      }
    }),
  );
  return gsUri({ bucket: place.bucket, name: folder });
}
