import { z } from 'zod';

/** Where artifacts of a run are kept. */
export const StoreUri = z
  .string()
  .regex(
    /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](\/[A-Za-z0-9._-]+)*\/?$/,
    'expected gs://BUCKET or gs://BUCKET/PREFIX',
  )
  .describe(
    'Where artifacts are kept: gs://BUCKET/PREFIX in Google Cloud Storage, with a copy on this machine as a cache (docs/storage.md). Default: the state folder.',
  );
