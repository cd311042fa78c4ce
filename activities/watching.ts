import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { datasetAt } from '../artifacts/ledger/datasets.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';
import { findSchedule } from '../artifacts/ledger/schedules.ts';
import type { Source } from '../configs/data.ts';
import { msOf } from '../configs/duration.ts';
import { TerminalError } from '../configs/failure.ts';
import { parseName } from '../configs/names.ts';
import { isDatasetRef, isFarUri, urisOf } from '../configs/source-paths.ts';
import { NOTHING_FAR, type FarFiles } from '../data/sources/far.ts';
import { pathsOf } from '../data/sources/find.ts';
import { readSql } from '../data/sources/sql.ts';
import type { Deps } from './step/deps.ts';

/** A source as it was seen: enough to tell that it has changed, and none of its rows. */
export interface SourceLook {
  digest: string;
  /** For people: `3 files, 12040 bytes`. */
  what: string;
  at: string;
  /** When waiting rows last were reason enough by their age. */
  dueAt?: string;
}

export interface LookAsk {
  /** Schedule that is watched for. */
  name: string;
  /** Line whose waiting rows may have come of age. */
  line: string;
  source: Source;
  maxAge: string | null;
  /** Until the next look, in ms. */
  everyMs: number;
  seen?: SourceLook | undefined;
}

export interface Watching {
  /** Gives the source as it is now, once it differs from what was seen or rows that wait have come of age. */
  lookAtSource(ask: LookAsk): Promise<SourceLook>;
}

/** A file that was changed less than so many ms ago is perhaps still being written. */
const SETTLE_MS = 2000;
/** Rows that came of age and were not trained on are reason enough again after so many ms. */
const DUE_AGAIN_MS = 86_400_000;

export function createWatching({ ledger, far }: Pick<Deps, 'ledger' | 'far'>): Watching {
  return {
    lookAtSource: async ({ name, line, source, maxAge, everyMs, seen }) => {
      const schedule = await findSchedule(ledger, name);
      const paused = schedule?.told.paused;
      if (paused) throw later(`paused by ${paused.by}: ${paused.why}`, everyMs);
      const elsewhere = far?.(schedule?.recipe) ?? NOTHING_FAR;
      const look = await lookAt({ ledger, far: elsewhere }, source, Context.current().cancellationSignal);
      if (look === undefined) throw later('there is nothing yet', everyMs);
      if (look.digest === seen?.digest) {
        if (maxAge === null || !(await cameOfAge(ledger, line, msOf(maxAge), seen)))
          throw later('nothing has changed', everyMs);
        return { ...look, dueAt: look.at };
      }
      if (look.ageMs >= 0 && look.ageMs < SETTLE_MS) throw later('it was changed a moment ago', SETTLE_MS);
      const { digest, what, at } = look;
      return { digest, what, at, ...(seen?.dueAt === undefined ? {} : { dueAt: seen.dueAt }) };
    },
  };
}

/** Not a failure: the server calls again after so many ms, and writes nothing into the history. */
function later(message: string, ms: number): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: 'NothingNew',
    nextRetryDelay: ms,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** Whether rows have waited for `maxAge` ms, and were not given as reason of late. */
async function cameOfAge(ledger: Ledger, line: string, maxAge: number, { dueAt }: SourceLook): Promise<boolean> {
  const row = await ledger.selectFrom('lines').select('pending_since').where('line', '=', line).executeTakeFirst();
  const since = row?.pending_since ?? null;
  if (since === null || Date.now() - Date.parse(since) < maxAge) return false;
  return dueAt === undefined || Date.now() - Date.parse(dueAt) >= Math.min(DUE_AGAIN_MS, maxAge);
}

type Look = SourceLook & {
  /** Since the newest change, in ms, where that is known; negative for a clock that is ahead. */
  ageMs: number;
};

interface Places {
  ledger: Ledger;
  far: FarFiles;
}

/** What a source is now; undefined: there is nothing. */
async function lookAt({ ledger, far }: Places, source: Source, signal: AbortSignal): Promise<Look | undefined> {
  const at = new Date().toISOString();
  const hash = createHash('sha256');
  if (source.connection !== undefined) {
    const [count, sum] = await askDatabase(source, signal);
    if (count === '0') return undefined;
    hash.update(`${count} ${sum}`);
    return { digest: hash.digest('hex'), what: `a query of ${count} rows`, at, ageMs: Infinity };
  }
  let [files, bytes, newest] = [0, 0, 0];
  for (const uri of urisOf(source)) {
    if (isDatasetRef(uri)) {
      const digest = await digestOf(ledger, uri);
      if (digest === undefined) continue;
      hash.update(`${uri} ${digest}\n`);
      files += 1;
      continue;
    }
    if (isFarUri(uri)) {
      // An object is there as a whole, and another one under another generation.
      for (const file of await present(far.find(uri))) {
        hash.update(`${file.uri}\0${file.bytes}\0${file.generation}\n`);
        files += 1;
        bytes += file.bytes;
      }
      continue;
    }
    for (const path of await present(pathsOf(uri))) {
      const found = await stat(path).catch(() => undefined);
      if (!found?.isFile() || found.size === 0) continue;
      hash.update(`${path}\0${found.size}\0${found.mtimeMs}\n`);
      files += 1;
      bytes += found.size;
      newest = Math.max(newest, found.mtimeMs);
    }
  }
  if (files === 0) return undefined;
  const what = `${files} file${files === 1 ? '' : 's'}, ${bytes} bytes`;
  return { digest: hash.digest('hex'), what, at, ageMs: Date.now() - newest };
}

/** A path that is not there yet is no error here: it is what a watch waits for. */
async function present<T>(found: Promise<T[]>): Promise<T[]> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof TerminalError && (error.type === 'NoSuchFile' || error.type === 'BadData')) return [];
    throw error;
  }
}

async function digestOf(ledger: Ledger, uri: string): Promise<string | undefined> {
  const named = parseName(uri);
  return named ? (await datasetAt(ledger, named.name, named.version ?? 'latest'))?.digest : uri;
}

/** How many rows a query has, and the sum of their hashes: the server reads them, and sends none. */
async function askDatabase({ sql, connection }: Source, signal: AbortSignal): Promise<[count: string, sum: string]> {
  const query = (sql ?? '').trim().replace(/;$/, '');
  const order = {
    uris: [],
    format: 'columns' as const,
    connection,
    maxRowBytes: 4096,
    sql: `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS hashes FROM (\n${query}\n) AS t`,
  };
  for await (const batch of readSql(order, [], signal)) {
    for (const found of batch) {
      if (!('value' in found)) continue;
      const { rows, hashes } = found.value as { rows: string; hashes: string };
      return [rows, hashes];
    }
  }
  return ['0', '0'];
}
