import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../../artifacts/canonical.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { noGcs } from '../support/google/gcs.ts';
import { emptyFolder } from '../unit/support/folder.ts';
import { storeContract } from './store.ts';
import { gcsBench } from './support/gcs.ts';

storeContract('files', async () => {
  const root = join(emptyFolder(), 'store');
  return {
    store: createFileStore(root),
    another: createFileStore(root),
    damage: async (digest) => {
      const path = join(root, 'blobs', hexOf(digest).slice(0, 2), hexOf(digest).slice(2));
      chmodSync(path, 0o644);
      writeFileSync(path, 'damaged');
    },
  };
});

const bench = gcsBench();

storeContract(
  'gcs',
  async () => {
    const { open, objectOf } = bench.place();
    return { store: open(), another: open(), damage: (digest) => bench.overwrite(objectOf(digest), 'damaged') };
  },
  noGcs,
);
