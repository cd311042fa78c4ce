/** Where the objects of a bucket lie, as the Cloud Storage interface says it. */
export interface BucketPlace {
  /** A region, or a name for several, e.g. `US-CENTRAL1`, `EU`, `NAM4`. */
  location: string;
  /** Regions of a bucket that lies in two of the owner's choice. */
  dataLocations?: readonly string[] | undefined;
}

/** Names for several regions: what a region in it begins with (https://cloud.google.com/storage/docs/locations). */
const SEVERAL: Record<string, readonly string[]> = {
  us: ['us-'],
  eu: ['europe-'],
  asia: ['asia-'],
  nam4: ['us-central1', 'us-east1'],
  eur4: ['europe-north1', 'europe-west4'],
  eur5: ['europe-west1', 'europe-west2'],
  eur7: ['europe-west2', 'europe-west3'],
  eur8: ['europe-west3', 'europe-west6'],
  asia1: ['asia-northeast1', 'asia-northeast2'],
};

/** London and Zürich lie outside the European Union: a bucket in EU has no objects there. */
const OUTSIDE_EU = ['europe-west2', 'europe-west6'];

/** Whether a bucket has its objects where a job runs. A job in `global` has no place of its own. */
export function isNear(bucket: BucketPlace, jobLocation: string): boolean {
  const job = jobLocation.toLowerCase();
  if (job === 'global') return true;
  const name = bucket.location.toLowerCase();
  if (bucket.dataLocations?.some((place) => place.toLowerCase() === job)) return true;
  if (name === 'eu' && OUTSIDE_EU.includes(job)) return false;
  const starts = SEVERAL[name];
  if (!starts) return name === job;
  return starts.some((start) => (start.endsWith('-') ? job.startsWith(start) : job === start));
}
