import { join } from 'node:path';
import type { Deps } from '../activities/step/deps.ts';
import { placeOf } from '../adapters/google/auth.ts';
import { createGoogleMirror } from '../adapters/google/mirror.ts';
import { publishFolder } from '../adapters/google/publish.ts';
import { terminal } from '../configs/failure.ts';
import type { Home } from './home.ts';

/** How copies to Google Cloud are made from a state folder. Nothing is loaded before the first one. */
export function googleMirroring({ root }: Pick<Home, 'root'>): NonNullable<Deps['mirroring']> {
  return {
    mirror: createGoogleMirror({ lock: join(root, 'mirror.lock') }),
    placeOf: async (google) => {
      const { project, location } = await placeOf(google);
      if (location === 'global')
        throw terminal(
          'BadLocation',
          'the Model Registry, endpoints and ML Metadata have no location global: set google.location to a region, such as us-central1',
        );
      const { kmsKey, serviceAccount } = google;
      return { project, location, ...(kmsKey ? { kmsKey } : {}), ...(serviceAccount ? { serviceAccount } : {}) };
    },
    publish: (store, digest, { project, userProject, kmsKey }) =>
      publishFolder(store, digest, { project, userProject, kmsKey }),
  };
}
