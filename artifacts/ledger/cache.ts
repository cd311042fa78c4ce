import { findExecution } from './executions.ts';
import type { Ledger } from './open.ts';
import { listEvents } from './runs.ts';
import type { ExecutionRow } from './schema.ts';

export interface CacheExplanation {
  run: string;
  step: string;
  /** `hit`: outputs taken over. `miss`: done. `skipped`: not asked. */
  result: 'hit' | 'miss' | 'skipped';
  /** Why it was kept, made again or skipped, where that was not the key's doing. */
  reason: string | null;
  key: string | null;
  /** Named parts that the key is the hash of. */
  parts: Record<string, string>;
  cachedFrom: string | null;
  /** The earlier execution of the step with the fewest parts that differ; the newest of several. */
  nearest: { execution: string; run: string; status: string; differs: PartDifference[]; why?: string } | null;
}

export interface PartDifference {
  part: string;
  /** Value in this execution, as canonical JSON or a digest; null: this key has no such part. */
  here: string | null;
  /** Value in the earlier one. */
  there: string | null;
}

/** Says why a step's outputs were taken over or not. */
export async function explainCache(
  ledger: Ledger,
  runId: string,
  instance: string,
): Promise<CacheExplanation | undefined> {
  const row = await findExecution(ledger, runId, instance);
  if (!row) return undefined;
  const parts = partsOf(row);
  const earlier = await ledger
    .selectFrom('executions')
    .selectAll()
    .where('step', '=', row.step)
    .where('id', '!=', row.id)
    .where('started_at', '<', row.started_at)
    .where('parts_json', 'is not', null)
    .orderBy('started_at', 'desc')
    .execute();
  const compared = earlier.map((other) => ({ other, differs: differences(parts, partsOf(other)) }));
  const best = compared.toSorted((a, b) => a.differs.length - b.differs.length)[0];
  const result = row.status === 'skipped' ? 'skipped' : row.cached_from === null ? 'miss' : 'hit';
  return {
    run: row.run_id,
    step: row.instance,
    result,
    reason: row.reason,
    key: row.cache_key,
    parts,
    cachedFrom: row.cached_from,
    nearest: best
      ? {
          execution: best.other.id,
          run: best.other.run_id,
          status: best.other.status,
          differs: best.differs,
          ...(best.differs.length === 0 && result === 'miss' ? { why: await whyNot(ledger, row, best.other) } : {}),
        }
      : null,
  };
}

/** Why an execution with the same key was of no use. */
async function whyNot(ledger: Ledger, row: ExecutionRow, other: ExecutionRow): Promise<string> {
  if (row.reason !== null) return row.reason;
  const damaged = (await listEvents(ledger, row.run_id)).find(
    ({ instance, kind }) => instance === row.instance && kind === 'damaged',
  );
  if (damaged) return damaged.message;
  return other.status === 'completed' ? 'this step is done every time' : `it is ${other.status}`;
}

function differences(here: Record<string, string>, there: Record<string, string>): PartDifference[] {
  const names = [...new Set([...Object.keys(here), ...Object.keys(there)])].toSorted();
  return names.flatMap((part) =>
    here[part] === there[part] ? [] : [{ part, here: here[part] ?? null, there: there[part] ?? null }],
  );
}

const partsOf = (row: ExecutionRow): Record<string, string> =>
  JSON.parse(row.parts_json ?? '{}') as Record<string, string>;
