import { z } from 'zod';
import { GoogleMirror } from './google-mirror.ts';

/** A project, a region and who pays: where the parts of a run that use Google Cloud find it. Never a credential. */
export const Google = z
  .strictObject({
    project: z
      .string()
      .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'expected a project id, such as my-project-1')
      .optional()
      .describe('Project id. Default: GOOGLE_CLOUD_PROJECT, else that of the application default credentials.'),
    location: z
      .string()
      .regex(/^(global|[a-z]+-[a-z]+\d{1,2})$/, 'expected a region, such as us-central1 or europe-west4')
      .optional()
      .describe(
        'Region of Vertex AI jobs and endpoints. Default: GOOGLE_CLOUD_LOCATION, else us-central1. A bucket far away from it is slow, and some pairs are refused.',
      ),
    userProject: z
      .string()
      .min(1)
      .optional()
      .describe('Project that pays for requests to a bucket with "requester pays". Default: the owner pays.'),
    kmsKey: z
      .string()
      .regex(
        /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
        'expected projects/P/locations/L/keyRings/R/cryptoKeys/K',
      )
      .optional()
      .describe('Key of your own by which objects and tuned models are encrypted. Default: a key of Google.'),
    serviceAccount: z
      .string()
      .email()
      .optional()
      .describe('Service account that tuning jobs run as. Default: that of the service.'),
    mirror: GoogleMirror.optional(),
  })
  .describe('Google Cloud, for gs:// addresses and tune.provider vertex. Credentials come from the environment alone.');
export type Google = z.infer<typeof Google>;
