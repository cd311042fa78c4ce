import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createGcsStore, type GcsStoreOptions } from '../../../adapters/google/storage/gcs-store.ts';
import { hexOf } from '../../../artifacts/canonical.ts';
import { startProxy } from '../../support/google/fault-proxy.ts';
import { noGcs, startGcs, type GcsServer } from '../../support/google/gcs.ts';
import { emptyFolder } from '../../unit/support/folder.ts';

export const BUCKET = 'anneal-test';

/** The first test on a machine builds the server. */
const BUILD_MS = 300_000;

/** Short waits, so that a test of faults takes no longer than the faults. */
export const QUICK = { project: 'test', patience: { tries: 4, pauseMs: 10 }, stallMs: 5000 };

/** A server of the Cloud Storage protocol for a file of tests, behind a proxy that can be told to fail. */
export function gcsBench() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-gcs-')));
  let server: GcsServer;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let number = 0;
  beforeAll(async () => {
    if (noGcs) return;
    server = await startGcs(join(folder, 'gcs'), [BUCKET]);
    proxy = await startProxy(server, join(folder, 'sessions'));
    process.env['STORAGE_EMULATOR_HOST'] = proxy.url;
  }, BUILD_MS);
  beforeEach(() => proxy?.inject());
  afterAll(async () => {
    delete process.env['STORAGE_EMULATOR_HOST'];
    await proxy?.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get proxy() {
      return proxy;
    },
    get server() {
      return server;
    },
    /** A prefix that nothing lies below. */
    place: () => {
      number += 1;
      const prefix = `p${number}/store`;
      const uri = `gs://${BUCKET}/${prefix}`;
      return {
        uri,
        prefix,
        open: (more: Partial<GcsStoreOptions> = {}) => createGcsStore({ uri, cache: emptyFolder(), ...QUICK, ...more }),
        objectOf: (digest: string) => `${prefix}/blobs/${hexOf(digest).slice(0, 2)}/${hexOf(digest).slice(2)}`,
      };
    },
    /** Puts bytes under a name, whatever is there, as somebody with a browser might. */
    overwrite: async (object: string, text: string | Uint8Array<ArrayBuffer>): Promise<void> => {
      const query = `uploadType=media&name=${encodeURIComponent(object)}`;
      const url = `${server.url}/upload/storage/v1/b/${BUCKET}/o?${query}`;
      const reply = await fetch(url, { method: 'POST', body: text });
      if (!reply.ok) throw new Error(`the test server answers ${reply.status}`);
    },
  };
}
