/** Permissions on a project that a use of Vertex AI needs (https://cloud.google.com/vertex-ai/docs/general/iam-permissions). */
export const PROJECT_PERMISSIONS = [
  'aiplatform.tuningJobs.create',
  'aiplatform.tuningJobs.get',
  'aiplatform.tuningJobs.list',
  'aiplatform.tuningJobs.cancel',
  'aiplatform.endpoints.predict',
  'aiplatform.models.get',
  'aiplatform.models.list',
] as const;

/** Permissions on the bucket that artifacts are kept in. */
export const STORE_PERMISSIONS = [
  'storage.objects.create',
  'storage.objects.get',
  'storage.objects.list',
  'storage.objects.delete',
] as const;

/** Permissions on a bucket that rows are read from. */
export const SOURCE_PERMISSIONS = ['storage.objects.get', 'storage.objects.list'] as const;

/** APIs that have to be enabled, and what is lost without the others. */
export const SERVICES: readonly { service: string; without?: string }[] = [
  { service: 'aiplatform.googleapis.com' },
  { service: 'storage.googleapis.com' },
  { service: 'datalineage.googleapis.com', without: 'runs are not shown in Data Lineage' },
];

/** A bucket that a recipe names. */
export interface BucketUse {
  bucket: string;
  /** Field of the recipe that names it. */
  field: string;
  permissions: readonly string[];
}

/** Every bucket in a recipe, once, with the most that is done with it. */
export function bucketsOf(recipe: object): BucketUse[] {
  const found = new Map<string, BucketUse>();
  const look = (value: unknown, path: string[]): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) look(inner, Array.isArray(value) ? path : [...path, key]);
      return;
    }
    const bucket = typeof value === 'string' ? /^gs:\/\/([a-z0-9._-]{3,222})(?:\/|$)/.exec(value)?.[1] : undefined;
    if (bucket === undefined) return;
    const field = path.join('.');
    const permissions = field === 'store' ? STORE_PERMISSIONS : SOURCE_PERMISSIONS;
    if (!found.has(bucket) || field === 'store') found.set(bucket, { bucket, field, permissions });
  };
  look(recipe, []);
  return [...found.values()];
}
