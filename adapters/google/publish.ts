import { hexOf } from '../../artifacts/canonical.ts';
import { Manifest } from '../../artifacts/store.ts';
import { bucketOf, openStorage, type StorageSettings } from './storage/client.ts';
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
  const object = (kind: 'blobs' | 'trees', hex: string): string =>
    `${prefix}${kind}/${hex.slice(0, 2)}/${hex.slice(2)}`;
  const doing = { uri: store, bucket: place.bucket, settings };
  const tree = object('trees', hexOf(digest));
  const [text] = await persist(doing, () => bucket.file(tree).download());
  const { files } = Manifest.parse(JSON.parse(text.toString('utf8')));
  const folder = `${prefix}models/${hexOf(digest)}/`;
  await inParallel(files, AT_ONCE, ({ path, sha256 }) =>
    persist(doing, async () => {
      try {
        const target = bucket.file(`${folder}${path}`);
        await bucket.file(object('blobs', sha256)).copy(target, { preconditionOpts: { ifGenerationMatch: 0 } });
      } catch (error) {
        // It is there: what lies under a digest never changes.
        if (statusOf(error) !== 412) throw error;
      }
    }),
  );
  return gsUri({ bucket: place.bucket, name: folder });
}
