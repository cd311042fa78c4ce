import { modelNameOf } from '../../configs/names.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { RunOptions } from '../../configs/refs.ts';
import { now } from './clock.ts';
import { releaseAll } from './leases.ts';
import { settle, type Ledger } from './open.ts';
import { bookRun } from './reservations.ts';
import type { RunRow } from './schema.ts';

export { now } from './clock.ts';

/** The error that ended a run or a step, as people and programs see it. */
export interface RecordedError {
  type: string;
  message: string;
}

export interface NewRun {
  id: string;
  recipe: Recipe;
  options: RunOptions;
  workflowId: string;
  temporalRunId?: string | undefined;
  startedBy: string;
  /** Default `tune`. */
  kind?: string | undefined;
  /** What set it going, e.g. `schedule:nightly`; default `cli`. */
  trigger?: string | undefined;
}

/** Enters a run; entering it again (command line and workflow both do) adds Temporal's run id and nothing else. */
export async function openRun(ledger: Ledger, run: NewRun): Promise<void> {
  await ledger
    .insertInto('runs')
    .values({
      id: run.id,
      pipeline: run.recipe.name,
      model: modelNameOf(run.recipe),
      recipe_json: JSON.stringify(run.recipe),
      options_json: JSON.stringify(run.options),
      workflow_id: run.workflowId,
      temporal_run_id: run.temporalRunId ?? null,
      status: 'running',
      verdict: null,
      model_ref: null,
      error_json: null,
      started_by: run.startedBy,
      started_at: now(),
      ended_at: null,
      waiting: null,
      kind: run.kind ?? 'tune',
      trigger: run.trigger ?? 'cli',
      reason: null,
      period: null,
    })
    .onConflict((conflict) =>
      run.temporalRunId === undefined
        ? conflict.column('id').doNothing()
        : conflict.column('id').doUpdateSet({ temporal_run_id: run.temporalRunId }),
    )
    .execute();
}

export interface RunEnd {
  id: string;
  status: Exclude<RunRow['status'], 'running'>;
  verdict?: string | null | undefined;
  modelRef?: string | null | undefined;
  error?: RecordedError | undefined;
  /** Why it was skipped, or what it came to, in a sentence. */
  reason?: string | undefined;
  /** Name of the period that it tuned. */
  period?: string | undefined;
}

/**
 * Ends a run, and with it the executions that it left running; books what it cost, and lets go of what it holds. On
 * the disk when it returns.
 */
export async function closeRun(
  ledger: Ledger,
  { id, status, verdict, modelRef, error, reason, period }: RunEnd,
): Promise<void> {
  const ended = now();
  await ledger.transaction().execute(async (tx) => {
    await tx
      .updateTable('runs')
      .set({
        status,
        verdict: verdict ?? null,
        model_ref: modelRef ?? null,
        error_json: error ? JSON.stringify(error) : null,
        ended_at: ended,
        waiting: null,
        ...(reason === undefined ? {} : { reason }),
        ...(period === undefined ? {} : { period }),
      })
      .where('id', '=', id)
      .where('ended_at', 'is', null)
      .execute();
    await tx
      .updateTable('executions')
      .set({ status: status === 'cancelled' ? 'cancelled' : 'failed', ended_at: ended })
      .where('run_id', '=', id)
      .where('status', '=', 'running')
      .execute();
    await bookRun(tx, id, true);
    await releaseAll(tx, id);
  });
  await settle(ledger);
}

/** Says what a run waits for, in a sentence (a budget, a person), or that it goes on (null). */
export async function setWaiting(ledger: Ledger, runId: string, waiting: string | null): Promise<void> {
  await ledger.updateTable('runs').set({ waiting }).where('id', '=', runId).where('ended_at', 'is', null).execute();
}

/** Says that a run goes on, if what it waited for is told by a sentence that begins so. */
export async function endWaiting(ledger: Ledger, runId: string, beginning: string): Promise<void> {
  await ledger
    .updateTable('runs')
    .set({ waiting: null })
    .where('id', '=', runId)
    .where('waiting', '>=', beginning)
    .where('waiting', '<', `${beginning}\u{10ffff}`)
    .execute();
}

/** The run of an id or of a unique beginning of one; without an id the newest. */
export async function findRun(ledger: Ledger, idOrPrefix?: string): Promise<RunRow | undefined> {
  if (idOrPrefix === undefined) return (await listRuns(ledger, 1))[0];
  const exact = await ledger.selectFrom('runs').selectAll().where('id', '=', idOrPrefix).executeTakeFirst();
  if (exact) return exact;
  const found = await ledger
    .selectFrom('runs')
    .selectAll()
    .where('id', '>=', idOrPrefix)
    .where('id', '<', `${idOrPrefix}\u{10ffff}`)
    .limit(2)
    .execute();
  return found.length === 1 ? found[0] : undefined;
}

/** Newest first, of one pipeline or of all; without a limit every one. */
export async function listRuns(ledger: Ledger, limit?: number, pipeline?: string): Promise<RunRow[]> {
  return ledger
    .selectFrom('runs')
    .selectAll()
    .$if(pipeline !== undefined, (query) => query.where('pipeline', '=', pipeline as string))
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .$if(limit !== undefined, (query) => query.limit(limit as number))
    .execute();
}

export async function listRunning(ledger: Ledger): Promise<RunRow[]> {
  return ledger.selectFrom('runs').selectAll().where('status', '=', 'running').orderBy('started_at').execute();
}

/** Something worth telling about a step: an attempt, a crash survived, a damaged artifact. Shown by `anneal logs`. */
export async function recordEvent(
  ledger: Ledger,
  event: { runId: string; instance: string; kind: string; message: string },
): Promise<void> {
  await ledger
    .insertInto('events')
    .values({ run_id: event.runId, instance: event.instance, kind: event.kind, message: event.message, at: now() })
    .execute();
}

/** What happened in a run, oldest first. */
export async function listEvents(
  ledger: Ledger,
  runId: string,
): Promise<{ instance: string; at: string; kind: string; message: string }[]> {
  return ledger
    .selectFrom('events')
    .select(['instance', 'at', 'kind', 'message'])
    .where('run_id', '=', runId)
    .orderBy('id')
    .execute();
}

/** How many errors a step instance has met. */
export async function countErrors(ledger: Ledger, runId: string, instance: string): Promise<number> {
  const { count } = await ledger
    .selectFrom('events')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('run_id', '=', runId)
    .where('instance', '=', instance)
    .where('kind', '=', 'error')
    .executeTakeFirstOrThrow();
  return Number(count);
}
