import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { noGcs, startGcs, type GcsServer } from '../../support/google/gcs.ts';
import type { StateOptions } from '../../support/google/state.ts';
import { startVertexRest, type VertexRest } from '../../support/google/vertex-rest.ts';

/** A pretended Vertex AI in the process of the test, with storage beside it, for the tests of a file. */
export function vertexHere(
  folder: string,
  options: Omit<StateOptions, 'folder'> = {},
  buckets: readonly string[] = ['anneal-test'],
): { readonly server: VertexRest } {
  let gcs: GcsServer | undefined;
  let server: VertexRest | undefined;
  beforeAll(async () => {
    if (noGcs !== undefined) return;
    gcs = await startGcs(join(folder, 'gcs'), buckets);
    server = await startVertexRest({ folder: join(folder, 'vertex'), gcs: gcs.url, ...options });
    Object.assign(process.env, {
      STORAGE_EMULATOR_HOST: gcs.url,
      ANNEAL_VERTEX_URL: server.url,
      GOOGLE_CLOUD_PROJECT: 'anneal-test',
    });
  }, 180_000);
  afterAll(async () => {
    await server?.close();
    await gcs?.stop();
  });
  return {
    get server() {
      return server as VertexRest;
    },
  };
}
