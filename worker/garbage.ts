import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dropArtifact, neededDigests } from '../artifacts/ledger/artifacts.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';
import { listRunning } from '../artifacts/ledger/runs.ts';
import type { Store } from '../artifacts/store.ts';
import { isType, messageOf, terminal } from '../configs/failure.ts';
import type { Home } from './home.ts';
import { openShelfStore, ownerOf } from './shelf-store.ts';

/** Something nobody needs: a stored artifact, or a file or folder of work that has ended. */
export interface Garbage {
  kind: 'artifact' | 'job' | 'scratch';
  /** Digest, or path. */
  id: string;
  bytes: number;
  /** Address of the store elsewhere that it lies in. */
  store?: string;
}

/** What only a job that still runs needs; its log stays. */
const JOB_PARTS = ['output', 'output.tmp', 'checkpoints', 'predictions.jsonl'];

/**
 * What no name, run or lineage needs: artifacts of steps that did not complete, files of ended jobs, what a crash
 * left in the scratch folders.
 */
export async function findGarbage(home: Home, ledger: Ledger): Promise<Garbage[]> {
  const needed = await neededDigests(ledger);
  const artifacts: Garbage[] = [];
  for (const { uri, store } of await ownParts(home, ledger)) artifacts.push(...(await unneeded(store, needed, uri)));
  const running = new Set((await listRunning(ledger)).map(({ id }) => id));
  const jobs = (await names(home.jobs)).filter((name) => ![...running].some((id) => name.startsWith(`${id}.`)));
  return [
    ...artifacts,
    ...(await present(
      'job',
      jobs.flatMap((job) => JOB_PARTS.map((part) => join(home.jobs, job, part))),
    )),
    ...(await present('scratch', [
      ...(await names(home.scratch)).map((name) => join(home.scratch, name)),
      ...(await names(join(home.store, 'incoming'))).map((name) => join(home.store, 'incoming', name)),
    ])),
  ];
}

async function unneeded(store: Store, fromLedger: ReadonlySet<string>, uri: string | undefined): Promise<Garbage[]> {
  const needed = new Set(fromLedger);
  const { blobs, trees } = await store.list();
  for (const tree of trees) {
    if (needed.has(tree)) for (const member of await membersOf(store, tree)) needed.add(member);
  }
  const told = await store.survey?.();
  return Promise.all(
    [...blobs, ...trees]
      .filter((digest) => !needed.has(digest))
      .map(async (id) => ({
        kind: 'artifact' as const,
        id,
        bytes: told?.get(id)?.bytes ?? (await store.size(id)),
        ...(uri === undefined ? {} : { store: uri }),
      })),
  );
}

/** Of a damaged folder nothing is needed any more; one that only cannot be read just now would leave its files without a need. */
async function membersOf(store: Store, tree: string): Promise<string[]> {
  try {
    return await store.members(tree);
  } catch (error) {
    if (isType(error, 'CorruptArtifact')) return [];
    throw error;
  }
}

/** The state folder, and stores elsewhere that no other ledger writes to. */
async function ownParts(home: Home, ledger: Ledger): Promise<readonly { uri: string | undefined; store: Store }[]> {
  const closed = new Set((await storesLeftAlone(home, ledger)).map(({ uri }) => uri));
  const parts = (await openShelfStore(home, ledger).parts?.()) ?? [];
  return parts.filter(({ uri }) => uri === undefined || !closed.has(uri));
}

/** Stores elsewhere that nothing is taken from, and why: another ledger writes there, too, or they cannot be reached. */
export async function storesLeftAlone(home: Home, ledger: Ledger): Promise<{ uri: string; why: string }[]> {
  const closed: { uri: string; why: string }[] = [];
  for (const { uri, store } of (await openShelfStore(home, ledger).parts?.()) ?? []) {
    if (uri === undefined) continue;
    try {
      const owners = (await store.owners?.()) ?? [];
      if (owners.some((owner) => owner !== ownerOf(home)))
        closed.push({ uri, why: 'other ledgers write there, too, and may need what this one does not' });
    } catch (error) {
      closed.push({ uri, why: messageOf(error) });
    }
  }
  return closed;
}

/**
 * Removes garbage that was found.
 * @throws TerminalError `RunsRunning` while a run is at work: what it stores is in no lineage yet.
 */
export async function removeGarbage(home: Home, ledger: Ledger, garbage: readonly Garbage[]): Promise<void> {
  const parts = new Map((await ownParts(home, ledger)).map(({ uri, store }) => [uri, store]));
  for (const { kind, id, store } of garbage) {
    await refuseWhileRunning(ledger);
    if (kind === 'artifact') {
      // In this order: an artifact that is in the ledger and not in the store counts as damage.
      await dropArtifact(ledger, id);
      await parts.get(store)?.remove(id);
    } else await rm(id, { recursive: true, force: true });
  }
}

async function refuseWhileRunning(ledger: Ledger): Promise<void> {
  const running = await listRunning(ledger);
  if (running.length === 0) return;
  const message = `${running.length} run${running.length === 1 ? ' is' : 's are'} at work (${running[0]?.id}${running.length > 1 ? ', …' : ''}): wait for the end, or \`anneal cancel\``;
  throw terminal('RunsRunning', message);
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function present(kind: 'job' | 'scratch', paths: string[]): Promise<Garbage[]> {
  const found = await Promise.all(paths.map(async (id) => ({ kind, id, bytes: await bytesOf(id) })));
  return found.flatMap(({ bytes, ...rest }) => (bytes === undefined ? [] : [{ ...rest, bytes }]));
}

async function bytesOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size;
  const sizes = await Promise.all((await names(path)).map((name) => bytesOf(join(path, name))));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
