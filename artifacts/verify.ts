import { isType, messageOf } from '../configs/failure.ts';
import { listArtifacts } from './ledger/artifacts.ts';
import type { Ledger } from './ledger/open.ts';
import type { Store } from './store.ts';

export interface Damage {
  digest: string;
  /** Type in the ledger; `Blob` for a file that is part of a folder or that the ledger does not know. */
  type: string;
  condition: 'corrupt' | 'missing';
  /** Address of the store elsewhere that it lies in, or should. */
  store?: string;
}

/** A store elsewhere that could not be looked into. */
export interface Unchecked {
  store: string;
  why: string;
}

/**
 * Hashes everything in the state folder again and compares it with its address; of what lies elsewhere, compares size
 * and checksum with what was noted; and both with the ledger. A bucket that does not answer hides nothing of the rest.
 */
export async function verifyStore(
  store: Store,
  ledger: Ledger,
): Promise<{ checked: number; damaged: Damage[]; unchecked: Unchecked[] }> {
  const known = new Map((await listArtifacts(ledger)).map((artifact) => [artifact.digest, artifact]));
  const damaged: Damage[] = [];
  const unchecked: Unchecked[] = [];
  const there = new Set<string>();
  let checked = 0;
  const parts = (await store.parts?.()) ?? [{ uri: undefined, store }];
  for (const { uri, store: part } of parts) {
    const found = await verifyPart(part).catch((error: unknown) => {
      if (uri === undefined) throw error;
      unchecked.push({ store: uri, why: messageOf(error) });
      return { checked: 0, there: [], damaged: [] };
    });
    checked += found.checked;
    for (const digest of found.there) there.add(digest);
    for (const { digest, condition } of found.damaged) {
      const type = known.get(digest)?.type ?? 'Blob';
      damaged.push({ digest, type, condition, ...(uri === undefined ? {} : { store: uri }) });
    }
  }
  for (const { digest, type, store: uri } of known.values()) {
    if (!there.has(digest) && !unchecked.some(({ store: closed }) => closed === uri))
      damaged.push({ digest, type, condition: 'missing', ...(uri === null ? {} : { store: uri }) });
  }
  return { checked, damaged, unchecked };
}

async function verifyPart(
  part: Store,
): Promise<{ checked: number; there: string[]; damaged: { digest: string; condition: Damage['condition'] }[] }> {
  const { blobs, trees } = await part.list();
  const told = await part.survey?.();
  const damaged: { digest: string; condition: Damage['condition'] }[] = [];
  const present = new Set(blobs);
  for (const digest of blobs) {
    const condition = told ? told.get(digest)?.condition : await part.condition(digest);
    if (condition === 'corrupt') damaged.push({ digest, condition });
  }
  const corrupt = new Set(damaged.map(({ digest }) => digest));
  for (const digest of trees) {
    // A manifest that does not match its digest cannot be read: the folder is damaged as a whole.
    const members =
      told?.get(digest)?.condition === 'corrupt' ? undefined : await part.members(digest).catch(undefinedIfCorrupt);
    if (members === undefined || members.some((member) => corrupt.has(member)))
      damaged.push({ digest, condition: 'corrupt' });
    else if (members.some((member) => !present.has(member))) damaged.push({ digest, condition: 'missing' });
  }
  return { checked: blobs.length + trees.length, there: [...blobs, ...trees], damaged };
}

/** What cannot be read just now is not damaged. */
function undefinedIfCorrupt(error: unknown): undefined {
  if (!isType(error, 'CorruptArtifact')) throw error;
}
