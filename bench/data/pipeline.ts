import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../../scripts/toolchain.js';
import { WORKER_FLAGS } from '../../worker/flags.ts';
import { SHORTEST_ANSWER, writeChatRows } from './rows-to-prepare.ts';
import { askPython, median, type Figure } from './support.ts';

const ROUNDS = 3;
const ROWS = 1_000_000;
const QUICK_ROWS = 200_000;
const MORE = 5;
const MOST_MEGABYTES = 200;
/** Bytes of a row, with what both sides write of it and with the cache of `datasets`. */
const BYTES_A_ROW = 430;
const COPIES = 5;

interface Outcome {
  seconds: number;
  /** Most memory that the process had. */
  megabytes: number;
  train: number;
  test: number;
}

/**
 * A chat file from parsing to the files of a training and a test set, each side in a process of its own: as a run
 * prepares it, beside Hugging Face `datasets`. Then five times the rows, for the memory alone.
 */
export async function measurePipeline({ quick = false }: { quick?: boolean } = {}): Promise<Figure[]> {
  const rows = quick ? QUICK_ROWS : ROWS;
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  try {
    const free = freeBytes(folder);
    if (free < rows * BYTES_A_ROW * COPIES)
      throw new Error(
        `${folder} has ${gigabytes(free)} free and the benchmark needs ${gigabytes(rows * BYTES_A_ROW * COPIES)}: free some, or name a folder on a larger disk in TMPDIR`,
      );
    const path = join(folder, 'rows.jsonl');
    const bytes = writeChatRows(path, rows);
    // Once for nothing, so that no round has to compile.
    const few = join(folder, 'few.jsonl');
    writeChatRows(few, 1000);
    await inFolder(folder, (into) => prepare(few, into));
    const ours: Outcome[] = [];
    const theirs: Outcome[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await inFolder(folder, (into) => prepare(path, into)));
      theirs.push(
        await inFolder(folder, (into) => askPython<Outcome>('pipeline.py', [path, into, String(SHORTEST_ANSWER)])),
      );
    }
    const ratio = median(theirs.map(({ seconds }, i) => seconds / (ours[i] as Outcome).seconds));
    const peak = Math.max(...ours.map(({ megabytes }) => megabytes));
    const kept = [...ours, ...theirs].map(({ train, test }) => train + test);
    const areEqual = kept.every((n) => n === kept[0]);
    const row = `pipeline, ${count(rows)} chat rows, ${Math.round(bytes / 1e6)} MB`;
    const speed: Figure = {
      row: `${row}: parse, canonical dedupe, filter, split, statistics, write`,
      ours: tell(ours),
      beside: `${tell(theirs)} (datasets)`,
      ratio,
      aim: 'at least 3 times as fast, with as many rows',
      met: ratio >= 3 && areEqual,
      notes: [
        areEqual
          ? `both keep ${count(kept[0] as number)} rows`
          : `NOT the same number of rows is kept: ${kept.join(', ')}`,
        `medians of ${ROUNDS} rounds in turn, each side in a process of its own, without the time that its start takes`,
        'datasets makes no statistics; it reads its file with as many threads as it likes',
      ],
    };
    rmSync(path);
    return [speed, await largerFigure(folder, rows, peak)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function largerFigure(folder: string, rows: number, peak: number): Promise<Figure> {
  const more = rows * MORE;
  const figure = { row: `pipeline, peak memory with ${count(rows)} and ${count(more)} rows`, beside: 'no tool' };
  const aim = `at most ${MOST_MEGABYTES} MB with either`;
  const alone = `${Math.round(peak)} MB`;
  // The rows, and what is made of them.
  const needed = more * BYTES_A_ROW * 2;
  if (freeBytes(folder) < needed) {
    const notes = [`${gigabytes(needed)} of disk would be needed for ${count(more)} rows: not measured`];
    return { ...figure, ours: alone, aim, met: false, notes };
  }
  const path = join(folder, 'more.jsonl');
  const bytes = writeChatRows(path, more);
  const large = await inFolder(folder, (into) => prepare(path, into));
  return {
    ...figure,
    ours: `${alone} and ${Math.round(large.megabytes)} MB`,
    aim,
    met: peak <= MOST_MEGABYTES && large.megabytes <= MOST_MEGABYTES,
    notes: [
      `${count(more)} rows, ${Math.round(bytes / 1e6)} MB, in ${large.seconds.toFixed(1)} s`,
      'what grows with the rows is the table of ids that tells repeats, about 16 bytes a row',
    ],
  };
}

/** Does something with a folder of its own. */
async function inFolder(folder: string, work: (into: string) => Promise<Outcome>): Promise<Outcome> {
  const into = join(folder, 'out');
  mkdirSync(into);
  try {
    return await work(into);
  } finally {
    rmSync(into, { recursive: true, force: true });
  }
}

/** As a worker does it: with the same flags, and with the cache of compiled code that the CLI gives it. */
async function prepare(path: string, into: string): Promise<Outcome> {
  const script = join(import.meta.dirname, 'prepare-file.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [...WORKER_FLAGS, script, path, into], {
    env: { NODE_COMPILE_CACHE: join(cacheDir(), 'node-compile-cache'), ...process.env },
  });
  return JSON.parse(stdout) as Outcome;
}

const tell = (outcomes: readonly Outcome[]): string =>
  `${median(outcomes.map(({ seconds }) => seconds)).toFixed(1)} s, ${Math.round(Math.max(...outcomes.map(({ megabytes }) => megabytes)))} MB`;

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
const count = (n: number): string => n.toLocaleString('en');
