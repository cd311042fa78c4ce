import { join } from 'node:path';
import { z } from 'zod';
import { refsOf } from '../../artifacts/ledger/executions.ts';
import {
  knownRows,
  lineState,
  notePending,
  rowsUnderKeys,
  withdrawnRows,
  type ArrivedRow,
  type Counts,
} from '../../artifacts/ledger/watermark.ts';
import { terminal } from '../../configs/failure.ts';
import { breathing, rowsIn, writeLines } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import { timeIn } from '../../data/split.ts';
import type { StepContext } from '../step/context.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { joinSources, keptRows } from './kept-rows.ts';

export const ArrivalsParams = z.strictObject({
  line: z.string(),
  /** The verdict that the line stands at; what was used up by then is not new. */
  generation: z.int(),
  source: z.enum(['feed', 'snapshot']),
  /** `files`: only the first files with new rows, until there are `atLeast` of them. */
  take: z.enum(['all', 'files']),
  atLeast: z.int(),
  /** Column that names a row for good. */
  key: z.string().optional(),
  /** Column with the date of a row. */
  time: z.string().optional(),
  /** Only rows dated before `to`; ISO 8601. Those before `from` that were not used yet come late. */
  window: z.strictObject({ column: z.string(), from: z.string(), to: z.string() }).optional(),
});
export type ArrivalsParams = z.infer<typeof ArrivalsParams>;
type Context = StepContext<ArrivalsParams>;

/** What is known of the rows that arrived, beside the rows. */
export interface ArrivalsNote {
  counts: Counts;
  /** Newest date among the rows. */
  until: string | null;
}

/**
 * Finds what no verdict has used yet, by content and not by place: new rows, edited ones (another content under a
 * known key), those tried before and kept, and those withdrawn from a source that holds all valid rows. Rows that were
 * kept come back from the store where a feed does not give them again.
 *
 * Input: `train` (Dataset, as ingested); found on the way: `kept` (Dataset). Outputs: `fresh` (Dataset of the rows to tune on), `arrivals` (Arrivals: one
 * line a row, `{id, key?, state, replaces?}`). Fact `waiting`: new and edited rows.
 */
export function createArrivals(deps: Deps): Step<ArrivalsParams> {
  return defineStep(deps, {
    name: 'arrivals',
    version: '1',
    params: ArrivalsParams,
    identity: async ({ params }) => {
      const kept = await keptRows(deps, params);
      return kept ? { inputs: { kept } } : {};
    },
    run: async (context) => {
      const { line, generation } = context.params;
      const state = await lineState(deps.ledger, line);
      if (state.generation !== generation)
        throw terminal(
          'WatermarkMoved',
          `the watermark of ${line} moved from ${generation} to ${state.generation} while this run began: run it again`,
        );
      const found = await arrived(context, state.until, state.total);
      const lines = writeLines(join(context.scratch, 'arrivals.jsonl'));
      for (const row of found.rows) lines.write(row);
      lines.close();
      const { counts, until } = found;
      return {
        outputs: {
          fresh: found.fresh,
          arrivals: await context.save('Arrivals', { file: lines.path }, { counts, until } satisfies ArrivalsNote),
        },
        facts: { ...counts, used: found.used, waiting: counts.new + counts.edited },
      };
    },
  });
}

/** Notes in the ledger how many rows wait; gives since when. */
export const createNotePending =
  ({ ledger }: Pick<Deps, 'ledger'>) =>
  ({ line, waiting }: { line: string; waiting: number }): Promise<string | null> =>
    notePending(ledger, line, waiting);

async function arrived(
  context: Context,
  newest: string | null,
  total: number,
): Promise<{
  fresh: Awaited<ReturnType<Context['save']>>;
  rows: ArrivedRow[];
  counts: Counts;
  until: string | null;
  used: number;
}> {
  const { params, deps } = context;
  const { line, source, window } = params;
  const path = await context.pathOf('train');
  // As the key of the step was made of.
  const { kept } = await refsOf(deps.ledger, context.executionId, 'in');
  const keptPath = kept && (await deps.store.path(kept.digest));
  const keyOf = new Map<string, string>();
  const fileOf = new Map<string, number>();
  const see = (row: Row): void => {
    if (!fileOf.has(row.id)) fileOf.set(row.id, row.source);
    const key = params.key === undefined ? undefined : textOf(row.columns?.[params.key]);
    if (key !== undefined) keyOf.set(row.id, key);
  };
  for await (const row of breathing<Row>(path)) if (isInside(row, window)) see(row);
  const given = new Set(fileOf.keys());
  const givenKeys = new Set(keyOf.values());
  if (keptPath !== undefined) for await (const row of breathing<Row>(keptPath)) if (!given.has(row.id)) see(row);
  const known = await knownRows(deps.ledger, line, [...fileOf.keys()]);
  // Of those that only the store has: withdrawn meanwhile, or edited just now.
  const isGone = (id: string): boolean =>
    !given.has(id) && (known.get(id)?.state !== 'k' || givenKeys.has(keyOf.get(id) ?? ''));
  const present = new Set([...fileOf.keys()].filter((id) => !isGone(id)));
  const unused = [...present].filter((id) => known.get(id)?.state !== 'c');
  const isNew = (id: string): boolean => known.get(id)?.state !== 'k';
  const last = params.take === 'all' ? Infinity : lastFile(unused.filter(isNew), fileOf, params.atLeast);
  // What was tried before is tried again, wherever it stands.
  const fresh = new Set(unused.filter((id) => !isNew(id) || (fileOf.get(id) as number) <= last));
  const keys = [...fresh].flatMap((id) => keyOf.get(id) ?? []);
  const under = await rowsUnderKeys(deps.ledger, line, keys);
  const counts: Counts = { new: 0, edited: 0, late: 0, kept: 0, withdrawn: 0 };
  const rows: ArrivedRow[] = [];
  for (const id of fresh) {
    const key = keyOf.get(id);
    const named = key === undefined ? {} : { key };
    const replaces = key === undefined ? [] : (under.get(key) ?? []).filter((old) => old !== id && !present.has(old));
    const state = known.get(id)?.state === 'k' ? 'kept' : replaces.length > 0 ? 'edited' : 'new';
    counts[state] += 1;
    rows.push({ id, ...named, state, ...(replaces.length > 0 ? { replaces } : {}) });
  }
  const replaced = new Set(rows.flatMap((row) => row.replaces ?? []));
  const inUse = [...known.values()].filter((row) => row.state !== 'w').length;
  // Nothing is missing where as many rows are there as are in use.
  if (source === 'snapshot' && window === undefined && inUse < total) {
    for (const id of await withdrawnRows(deps.ledger, line, present)) {
      if (replaced.has(id)) continue;
      counts.withdrawn += 1;
      rows.push({ id, state: 'withdrawn' });
    }
  }
  let until: string | null = null;
  const file = writeLines(join(context.scratch, 'fresh.jsonl'));
  const written = new Set<string>();
  const write = (row: Row): void => {
    if (!fresh.has(row.id) || written.has(row.id)) return;
    written.add(row.id);
    file.write(row);
    const date = dateOf(row, params.time ?? window?.column);
    if (date === undefined) return;
    if (until === null || date > until) until = date;
    if (isNew(row.id) && newest !== null && date < newest) counts.late += 1;
  };
  let meta = await context.metaOf(context.input('train').digest);
  for (const row of rowsIn<Row>(path)) write(row);
  if (kept && keptPath !== undefined) {
    const { sources, numberOf } = joinSources(meta, await context.metaOf(kept.digest));
    meta = { ...meta, sources };
    for (const row of rowsIn<Row>(keptPath)) write({ ...row, source: numberOf[row.source] ?? row.source });
  }
  file.close();
  const dataset = await context.save('Dataset', { file: file.path }, { ...meta, rows: file.count, stage: 'arrived' });
  return { fresh: dataset, rows, counts, until, used: present.size - unused.length };
}

/** Number of the file up to which rows are taken, so that there are enough of them. */
function lastFile(ids: readonly string[], fileOf: ReadonlyMap<string, number>, atLeast: number): number {
  const counts = Map.groupBy(ids, (id) => fileOf.get(id) as number);
  let taken = 0;
  for (const [file, all] of [...counts].toSorted(([a], [b]) => a - b)) {
    taken += all.length;
    if (taken >= atLeast) return file;
  }
  return Infinity;
}

function isInside(row: Row, window: ArrivalsParams['window']): boolean {
  if (!window) return true;
  const date = dateOf(row, window.column);
  return date !== undefined && date < window.to;
}

/** The date of a row in UTC, so that dates compare as texts. */
export function dateOf(row: Row, column: string | undefined): string | undefined {
  const ms = column === undefined ? undefined : timeIn(row.columns?.[column]);
  const at = new Date(ms ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
