import { listArtifacts } from './ledger/artifacts.ts';
import type { Ledger } from './ledger/open.ts';
import type { Store } from './store.ts';

export interface Damage {
  digest: string;
  /** Type in the ledger; `Blob` for a file that is part of a folder or that the ledger does not know. */
  type: string;
  condition: 'corrupt' | 'missing';
}

/** Hashes everything in the store again and compares it with its address, and the store with the ledger. */
export async function verifyStore(store: Store, ledger: Ledger): Promise<{ checked: number; damaged: Damage[] }> {
  const { blobs, trees } = await store.list();
  const known = new Map((await listArtifacts(ledger)).map(({ digest, type }) => [digest, type]));
  const damaged: Damage[] = [];
  const add = (digest: string, condition: Damage['condition']): void =>
    void damaged.push({ digest, type: known.get(digest) ?? 'Blob', condition });
  const present = new Set(blobs);
  for (const digest of blobs) {
    if ((await store.condition(digest)) === 'corrupt') add(digest, 'corrupt');
  }
  const corrupt = new Set(damaged.map(({ digest }) => digest));
  for (const digest of trees) {
    // A manifest that does not match its digest cannot be read: the folder is damaged as a whole.
    const members = await store.members(digest).catch(() => undefined);
    if (members === undefined || members.some((member) => corrupt.has(member))) add(digest, 'corrupt');
    else if (members.some((member) => !present.has(member))) add(digest, 'missing');
  }
  const folders = new Set(trees);
  for (const digest of known.keys()) if (!present.has(digest) && !folders.has(digest)) add(digest, 'missing');
  return { checked: blobs.length + trees.length, damaged };
}
