import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { asideOf, writeAtomic } from '../../artifacts/files.ts';
import { REMOTE_FILE, RemoteModel } from '../../configs/remote-model.ts';
import type { TuneOrder, TuneSettings } from '../contracts.ts';

/** Number of the contract in `docs/tuners.md` that a job folder keeps to. */
const CONTRACT = 1;

/** Variables by which a command finds its job. */
export const jobVariables = (folder: string, label: string): Record<string, string> => ({
  ANNEAL_JOB: folder,
  ANNEAL_JOB_LABEL: label,
  ANNEAL_SPEC: join(folder, 'spec.json'),
  ANNEAL_OUTPUT: join(folder, 'output'),
});

/**
 * Puts the rows into a job folder and says what its `spec.json` holds. Files are written aside and renamed, and those
 * that are there already stay: doing it again after a kill changes nothing.
 */
export async function writeOrder(folder: string, label: string, order: TuneOrder): Promise<Record<string, unknown>> {
  await mkdir(join(folder, 'output'), { recursive: true });
  const { settings } = order;
  const share = settings.choose?.checkpoint === 'best' ? settings.choose.dev : undefined;
  if (share !== undefined) await writeSplit(folder, order.train, share, settings.seed);
  else if (!(await has(folder, 'train.jsonl'))) {
    const aside = asideOf(join(folder, 'train.jsonl'));
    await copyFile(order.train, aside, constants.COPYFILE_FICLONE);
    await rename(aside, join(folder, 'train.jsonl'));
  }
  return {
    contract: CONTRACT,
    kind: 'train',
    label,
    base: await modelOf(order.base),
    start: order.start === undefined ? null : await modelOf(order.start),
    train: 'train.jsonl',
    validation: share === undefined ? null : 'validation.jsonl',
    output: 'output',
    objective: settings.objective ?? 'sft',
    settings: trainerSettings(settings),
  };
}

/** Settings that say how to train; where, and for how much, is not the trainer's business. */
export function trainerSettings(settings: TuneSettings): Record<string, unknown> {
  const { tuner: _tuner, price: _price, limits: _limits, watchdog: _watchdog, store: _store, ...some } = settings;
  const { google: _google, vertex: _vertex, openai: _openai, command: _command, ...rest } = some;
  const { maxBadShare: _maxBadShare, objective: _objective, ...kept } = rest;
  return kept;
}

/** A model as a trainer is told of it: a folder on the worker's machine, or a name in the words of whoever holds it. */
async function modelOf(path: string): Promise<{ folder: string } | { name: string }> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  const file = isFile ? path : join(path, REMOTE_FILE);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { folder: path };
  return { name: RemoteModel.parse(JSON.parse(text)).model };
}

/** Rows held out to choose a checkpoint by: which ones depends on the row and the seed alone. */
async function writeSplit(folder: string, path: string, share: number, seed: number): Promise<void> {
  // Written last: when it is there, so are both.
  if (await has(folder, 'train.jsonl')) return;
  const names = ['validation.jsonl', 'train.jsonl'] as const;
  const asides = names.map((name) => asideOf(join(folder, name)));
  const writers = asides.map((aside) => createWriteStream(aside));
  const ends = writers.map((writer) => finished(writer));
  // Awaited below; a full disk must not count as unheard of meanwhile.
  for (const end of ends) end.catch(() => undefined);
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      if (line === '') continue;
      const drawn = createHash('sha256').update(`${seed}\n${line}`).digest().readUInt32BE(0) / 2 ** 32;
      const side = drawn < share ? 0 : 1;
      const writer = writers[side] as (typeof writers)[number];
      if (!writer.write(`${line}\n`)) await Promise.race([once(writer, 'drain'), ends[side]]);
    }
    for (const writer of writers) writer.end();
    await Promise.all(ends);
    for (const [i, name] of names.entries()) await rename(asides[i] as string, join(folder, name));
  } finally {
    for (const writer of writers) writer.destroy();
    await Promise.all(asides.map((aside) => rm(aside, { force: true })));
  }
}

/** Writes `spec.json` unless it is there. */
export async function writeSpec(folder: string, spec: Record<string, unknown>): Promise<void> {
  if (!(await has(folder, 'spec.json'))) await writeAtomic(join(folder, 'spec.json'), JSON.stringify(spec));
}

const has = async (folder: string, name: string): Promise<boolean> =>
  (await readdir(folder).catch(() => [] as string[])).includes(name);
