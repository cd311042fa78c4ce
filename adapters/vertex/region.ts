import { terminal } from '../../configs/failure.ts';
import { isNear } from '../google/regions.ts';
import { bucketOf, openStorage, type StorageSettings } from '../google/storage/client.ts';
import { parseGs } from '../google/storage/uri.ts';

/**
 * Vertex AI refuses to read rows from a bucket of another region than that of the job. Who may not look where the
 * bucket lies hears it from the service.
 *
 * @throws TerminalError `WrongRegion`
 */
export async function checkRegion(store: string, location: string, settings: StorageSettings): Promise<void> {
  const { bucket: name } = parseGs(store);
  const bucket = bucketOf(await openStorage(settings), name, settings);
  const found = await bucket.getMetadata().then(
    ([metadata]) => metadata,
    () => undefined,
  );
  if (found?.location === undefined) return;
  const place = { location: found.location, dataLocations: found.customPlacementConfig?.dataLocations };
  if (isNear(place, location)) return;
  throw terminal(
    'WrongRegion',
    `the bucket ${name} lies in ${found.location}, and the job would run in ${location}: set google.location to the bucket's region, or take a bucket in ${location}`,
    { bucket: name, found: found.location, wanted: location },
  );
}
