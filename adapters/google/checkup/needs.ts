import type { Google } from '../../../configs/google.ts';

/** Permissions on a project that tuning and asking models at Vertex AI need (https://cloud.google.com/vertex-ai/docs/general/iam-permissions). */
const TUNING = [
  'aiplatform.tuningJobs.create',
  'aiplatform.tuningJobs.get',
  'aiplatform.tuningJobs.list',
  'aiplatform.tuningJobs.cancel',
  'aiplatform.endpoints.predict',
  'aiplatform.models.get',
  'aiplatform.models.list',
];

const GRAPH = ['aiplatform.artifacts.create', 'aiplatform.contexts.create', 'aiplatform.executions.create'];

/** What each copy at Google needs beside. */
const COPIES: Record<'registry' | 'metadata' | 'experiments' | 'openLineage' | 'endpoint', readonly string[]> = {
  registry: ['aiplatform.models.upload', 'aiplatform.models.update'],
  metadata: GRAPH,
  experiments: GRAPH,
  openLineage: ['datalineage.locations.processOpenLineageMessage'],
  endpoint: ['aiplatform.endpoints.create', 'aiplatform.endpoints.deploy', 'aiplatform.endpoints.undeploy'],
};

/** Every permission on the project that a recipe needs. */
export function permissionsOf({ google }: { google?: Partial<Google> | undefined }): string[] {
  const mirror = google?.mirror ?? {};
  const copies = Object.entries(COPIES).flatMap(([name, wanted]) =>
    mirror[name as keyof typeof mirror] ? wanted : [],
  );
  const runsAs = google?.serviceAccount === undefined ? [] : ['iam.serviceAccounts.actAs'];
  return [...new Set([...TUNING, ...copies, ...runsAs])];
}

/** Permissions on the bucket that artifacts are kept in. */
const STORE_PERMISSIONS = [
  'storage.objects.create',
  'storage.objects.get',
  'storage.objects.list',
  'storage.objects.delete',
] as const;

/** Permissions on a bucket that rows are read from. */
const SOURCE_PERMISSIONS = ['storage.objects.get', 'storage.objects.list'] as const;

/** An API; `without`: what is lost where it is not enabled, if a recipe can do without it. */
export interface NeededService {
  service: string;
  without?: string;
}

/** APIs that have to be enabled for a recipe, and those that may be. */
export const servicesOf = ({ google }: { google?: Partial<Google> | undefined }): NeededService[] => [
  { service: 'aiplatform.googleapis.com' },
  { service: 'storage.googleapis.com' },
  {
    service: 'datalineage.googleapis.com',
    ...(google?.mirror?.openLineage ? {} : { without: 'runs are not shown in Data Lineage' }),
  },
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
