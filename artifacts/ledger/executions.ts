import type { Measure, Refs, ArtifactRef } from '../../configs/refs.ts';
import type { Ledger } from './open.ts';
import { now, type RecordedError } from './runs.ts';
import type { ExecutionRow } from './schema.ts';

/** What a finished step leaves in the ledger. */
export interface Outcome {
  outputs: Refs;
  metrics: Record<string, Measure>;
  facts: Record<string, string | number | boolean | null>;
  cost: Record<string, number>;
}

export interface Beginning {
  runId: string;
  instance: string;
  step: string;
  stepVersion: string;
  attempt: number;
  worker: string;
  inputs: Refs;
}

/**
 * Opens the one execution of a step instance in a run, or finds it: a second attempt continues the row of
 * the first, and a step that had ended before its worker was killed gives its recorded end.
 */
export async function beginExecution(ledger: Ledger, b: Beginning): Promise<ExecutionRow> {
  return ledger.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom('executions')
      .selectAll()
      .where('run_id', '=', b.runId)
      .where('instance', '=', b.instance)
      .executeTakeFirst();
    if (found?.status === 'completed') return found;
    if (found) {
      const attempt = Math.max(found.attempt, b.attempt);
      return tx
        .updateTable('executions')
        .set({ attempt, worker: b.worker, status: 'running', error_json: null, ended_at: null })
        .where('id', '=', found.id)
        .returningAll()
        .executeTakeFirstOrThrow();
    }
    const row = await tx
      .insertInto('executions')
      .values({
        id: `${b.runId}/${b.instance}`,
        run_id: b.runId,
        instance: b.instance,
        step: b.step,
        step_version: b.stepVersion,
        cache_key: null,
        parts_json: null,
        status: 'running',
        attempt: b.attempt,
        cached_from: null,
        reason: null,
        worker: b.worker,
        job_json: null,
        progress_json: null,
        metrics_json: '{}',
        facts_json: '{}',
        cost_json: '{}',
        error_json: null,
        started_at: now(),
        ended_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await writeEdges(tx, row.id, 'in', b.inputs);
    return row;
  });
}

/** Notes the named parts of the cache key, inputs found on the way, a job, or progress. */
export async function noteExecution(
  ledger: Ledger,
  id: string,
  note: {
    key?: string;
    parts?: Record<string, string>;
    inputs?: Refs;
    job?: unknown;
    progress?: unknown;
    reason?: string;
  },
): Promise<void> {
  const { key, parts, inputs, job, progress, reason } = note;
  const set = {
    ...(key === undefined ? {} : { cache_key: key }),
    ...(parts === undefined ? {} : { parts_json: JSON.stringify(parts) }),
    ...(job === undefined ? {} : { job_json: JSON.stringify(job) }),
    ...(progress === undefined ? {} : { progress_json: JSON.stringify(progress) }),
    ...(reason === undefined ? {} : { reason }),
  };
  if (Object.keys(set).length > 0)
    await ledger.updateTable('executions').set(set).where('id', '=', id).where('status', '=', 'running').execute();
  if (inputs) await writeEdges(ledger, id, 'in', inputs);
}

/** Ends an execution with its outputs; ending it a second time (a worker thought dead) changes nothing. */
export async function completeExecution(
  ledger: Ledger,
  id: string,
  outcome: Outcome,
  origin: { cachedFrom?: string; reason?: string } = {},
): Promise<ExecutionRow> {
  return ledger.transaction().execute(async (tx) => {
    const updated = await tx
      .updateTable('executions')
      .set({
        status: 'completed',
        cached_from: origin.cachedFrom ?? null,
        ...(origin.reason === undefined ? {} : { reason: origin.reason }),
        metrics_json: JSON.stringify(outcome.metrics),
        facts_json: JSON.stringify(outcome.facts),
        cost_json: JSON.stringify(outcome.cost),
        // Its last progress stays: the pace of a training tells how long the next will take.
        error_json: null,
        ended_at: now(),
      })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .returningAll()
      .executeTakeFirst();
    if (updated) await writeEdges(tx, id, 'out', outcome.outputs);
    return updated ?? (await tx.selectFrom('executions').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
  });
}

/** Notes the error of an attempt; `final` when no other attempt follows. */
export async function failExecution(ledger: Ledger, id: string, error: RecordedError, final: boolean): Promise<void> {
  await ledger
    .updateTable('executions')
    .set({ error_json: JSON.stringify(error), ...(final ? { status: 'failed' as const, ended_at: now() } : {}) })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** Ends an execution because the run was cancelled. */
export async function cancelExecution(ledger: Ledger, id: string): Promise<void> {
  await ledger
    .updateTable('executions')
    .set({ status: 'cancelled', ended_at: now() })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .execute();
}

/** Records steps that were not done, with the reason. */
export async function skipExecutions(
  ledger: Ledger,
  runId: string,
  steps: readonly string[],
  reason: string,
  worker: string,
): Promise<void> {
  const at = now();
  await ledger
    .insertInto('executions')
    .values(
      steps.map((step) => ({
        id: `${runId}/${step}`,
        run_id: runId,
        instance: step,
        step,
        step_version: '',
        cache_key: null,
        parts_json: null,
        status: 'skipped' as const,
        attempt: 0,
        cached_from: null,
        reason,
        worker,
        job_json: null,
        progress_json: null,
        metrics_json: '{}',
        facts_json: '{}',
        cost_json: '{}',
        error_json: null,
        started_at: at,
        ended_at: at,
      })),
    )
    .onConflict((conflict) => conflict.columns(['run_id', 'instance']).doNothing())
    .execute();
}

/** The newest completed execution of a key that did the work itself. */
export async function findHit(ledger: Ledger, key: string): Promise<ExecutionRow | undefined> {
  return ledger
    .selectFrom('executions')
    .selectAll()
    .where('cache_key', '=', key)
    .where('status', '=', 'completed')
    .where('cached_from', 'is', null)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** One step instance of a run. */
export async function findExecution(
  ledger: Ledger,
  runId: string,
  instance: string,
): Promise<ExecutionRow | undefined> {
  return ledger
    .selectFrom('executions')
    .selectAll()
    .where('run_id', '=', runId)
    .where('instance', '=', instance)
    .executeTakeFirst();
}

/** All executions of a run in the order they began. */
export async function listExecutions(ledger: Ledger, runId: string): Promise<ExecutionRow[]> {
  return ledger
    .selectFrom('executions')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('started_at')
    .orderBy('id')
    .execute();
}

/** Inputs or outputs of an execution by role, as recorded. */
export async function refsOf(ledger: Ledger, executionId: string, direction: 'in' | 'out'): Promise<Refs> {
  const rows = await ledger
    .selectFrom('edges')
    .innerJoin('artifacts', 'artifacts.digest', 'edges.digest')
    .select(['edges.role', 'edges.digest', 'artifacts.type'])
    .where('execution_id', '=', executionId)
    .where('direction', '=', direction)
    .orderBy('role')
    .execute();
  return Object.fromEntries(rows.map(({ role, digest, type }) => [role, { digest, type } as ArtifactRef]));
}

/** What a completed execution left, read back. */
export async function outcomeOf(ledger: Ledger, row: ExecutionRow): Promise<Outcome> {
  return {
    outputs: await refsOf(ledger, row.id, 'out'),
    metrics: JSON.parse(row.metrics_json) as Outcome['metrics'],
    facts: JSON.parse(row.facts_json) as Outcome['facts'],
    cost: JSON.parse(row.cost_json) as Outcome['cost'],
  };
}

async function writeEdges(ledger: Ledger, executionId: string, direction: 'in' | 'out', refs: Refs): Promise<void> {
  const rows = Object.entries(refs).map(([role, { digest }]) => ({
    execution_id: executionId,
    direction,
    role,
    digest,
  }));
  if (rows.length === 0) return;
  await ledger
    .insertInto('edges')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['execution_id', 'direction', 'role'])
        .doUpdateSet((eb) => ({ digest: eb.ref('excluded.digest') })),
    )
    .execute();
}
