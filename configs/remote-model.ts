import { z } from 'zod';

/** File by which a model that lies at a vendor is named; it is the whole artifact. */
export const REMOTE_FILE = 'remote.json';

/** A model that lies elsewhere: who answers for it, and by which name. */
export const RemoteModel = z.strictObject({
  provider: z.string().min(1).max(40),
  /** What is asked: an endpoint's resource name, or the id of a model. */
  model: z.string().min(1).max(500),
  /** The vendor's base model that it was tuned from; the same as `model` for a base. */
  base: z.string().min(1).max(500),
  /** The model in the vendor's registry, where that is another name, e.g. projects/P/locations/L/models/M@1. */
  registered: z.string().max(500).optional(),
  checkpoint: z.string().max(100).optional(),
  /** Job that made it. */
  job: z.string().max(500).optional(),
  project: z.string().max(100).optional(),
  location: z.string().max(100).optional(),
  baseUrl: z.string().max(500).optional(),
  apiKeyEnv: z.string().max(200).optional(),
});
export type RemoteModel = z.infer<typeof RemoteModel>;
