import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import {
  beginExecution,
  cancelExecution,
  completeExecution,
  failExecution,
  noteExecution,
  outcomeOf,
  type Outcome,
} from '../../artifacts/ledger/executions.ts';
import { countErrors, recordEvent } from '../../artifacts/ledger/runs.ts';
import type { ExecutionRow } from '../../artifacts/ledger/schema.ts';
import { MAX_ERRORS } from '../../configs/presets.ts';
import { messageOf, TerminalError } from '../../configs/failure.ts';
import type { StepCall, StepResult } from '../../configs/refs.ts';
import type { JobProgress } from '../../configs/progress.ts';
import { isCancelled } from '../../adapters/local/await.ts';
import { makeContext, type Made, type StepContext, type StepDefinition } from './context.ts';
import type { Deps } from './deps.ts';
import { failpoint } from '../../configs/failpoint.ts';
import { withStore } from '../../artifacts/store-router.ts';
import { findReuse } from './reuse.ts';
import { storeOfRun } from './run-store.ts';

/** How often a running step tells Temporal that it lives, in ms; a third of the shortest heartbeat timeout. */
const HEARTBEAT_EVERY_MS = 3000;

export type Step<Params> = (call: StepCall<Params>) => Promise<StepResult>;

/** A step that ends within its activity. */
export interface PlainStep<Params> extends StepDefinition<Params> {
  run(context: StepContext<Params>): Promise<Made>;
}

/**
 * Declares a step. The wrapper checks the input, looks for an earlier result, sends heartbeats, stores the
 * outcome, and writes the one execution of the step with its lineage. The author writes `run`.
 */
export function defineStep<Params>(deps: Deps, definition: PlainStep<Params>): Step<Params> {
  return (call) =>
    attempt(deps, definition, call, async (context) => {
      const reuse = await findReuse(definition, context);
      if (reuse)
        return completed(context, reuse.outcome, {
          cachedFrom: reuse.cachedFrom,
          ...(reuse.reason ? { reason: reuse.reason } : {}),
        });
      failpoint(`${definition.name}.begun`);
      const made = await definition.run(context);
      failpoint(`${definition.name}.stored`);
      return completeMade(context, made);
    });
}

/** A step that hands its work to a job, which goes on whatever becomes of the worker. */
export interface JobStep<Params> extends StepDefinition<Params> {
  /** Starts the job, or finds the one started before under the same key. */
  submit(context: StepContext<Params>): Promise<void>;
  /** Waits until the job has ended; reports progress. */
  wait(context: StepContext<Params>): Promise<void>;
  collect(context: StepContext<Params>): Promise<Made>;
  cancel(context: StepContext<Params>): Promise<void>;
  /** Whether the job runs elsewhere and is only looked after now and then, so that it keeps no place in a worker. */
  isElsewhere?(params: Params): boolean;
}

export interface JobActivities<Params> {
  /** Gives the result at once when nothing has to be done; starts nothing. */
  find(call: StepCall<Params>): Promise<{ result?: StepResult }>;
  /** Starts the job; gives the result at once when nothing has to be done. */
  submit(call: StepCall<Params>): Promise<{ result?: StepResult; elsewhere?: true }>;
  /** Waits for the job and stores what it made. */
  await(call: StepCall<Params>): Promise<StepResult>;
  /** Stops the job with everything it started. */
  cancel(call: StepCall<Params>): Promise<void>;
}

/** Declares a step whose work is a job: three activities around one execution. */
export function defineJobStep<Params>(deps: Deps, definition: JobStep<Params>): JobActivities<Params> {
  const found = async (context: StepContext<Params>): Promise<{ result?: StepResult }> => {
    const reuse = await findReuse(definition, context);
    if (!reuse) return {};
    const { outcome, cachedFrom, reason } = reuse;
    return { result: await completed(context, outcome, { cachedFrom, ...(reason ? { reason } : {}) }) };
  };
  return {
    find: (call) => attempt(deps, definition, call, found, { ended: (result) => ({ result }) }),
    submit: (call) =>
      attempt(
        deps,
        definition,
        call,
        async (context): Promise<{ result?: StepResult; elsewhere?: true }> => {
          const { result } = await found(context);
          if (result) return { result };
          failpoint(`${definition.name}.begun`);
          await definition.submit(context);
          await noteExecution(deps.ledger, context.executionId, { job: { state: 'waiting' } });
          failpoint(`${definition.name}.submitted`);
          return definition.isElsewhere?.(context.params) ? { elsewhere: true } : {};
        },
        { ended: (result) => ({ result }) },
      ),
    await: (call) =>
      attempt(
        deps,
        definition,
        call,
        async (context) => {
          await noteExecution(deps.ledger, context.executionId, { job: { state: 'running' } });
          await definition.wait(context);
          failpoint(`${definition.name}.ended`);
          const made = await definition.collect(context);
          failpoint(`${definition.name}.stored`);
          return completeMade(context, made);
        },
        // Of a job elsewhere each look is an attempt for Temporal, thousands in a day, and none for people.
        { isLook: (params) => definition.isElsewhere?.(params) ?? false },
      ),
    cancel: async (call) => {
      const executionId = `${call.run.id}/${call.instance ?? definition.name}`;
      const context = makeContext(deps, call, executionId, {
        signal: new AbortController().signal,
        progress: () => undefined,
      });
      try {
        // First: a worker that has not come to order it yet must not do so afterwards.
        await cancelExecution(deps.ledger, executionId);
        await definition.cancel(context);
      } finally {
        await context.dispose();
      }
    },
  };
}

/** A step whose work is found out on the way: it says what it needs, is called again when that is there, and so on. */
export interface StagedStep<Params, Needed> extends StepDefinition<Params> {
  /** Finishes, or says what has to be there before it can. Called again it must come to the same point. */
  advance(context: StepContext<Params>): Promise<Made | { needed: Needed }>;
}

/** Declares a step that is called until it gives a result: one execution, however many calls. */
export function defineStagedStep<Params, Needed>(
  deps: Deps,
  definition: StagedStep<Params, Needed>,
): (call: StepCall<Params>) => Promise<{ result?: StepResult; needed?: Needed }> {
  return (call) =>
    attempt(
      deps,
      definition,
      call,
      async (context): Promise<{ result?: StepResult; needed?: Needed }> => {
        const reuse = await findReuse(definition, context);
        if (reuse) {
          const { outcome, cachedFrom, reason } = reuse;
          return { result: await completed(context, outcome, { cachedFrom, ...(reason ? { reason } : {}) }) };
        }
        failpoint(`${definition.name}.begun`);
        const made = await definition.advance(context);
        if ('needed' in made) return { needed: made.needed };
        failpoint(`${definition.name}.stored`);
        return { result: await completeMade(context, made) };
      },
      { ended: (result) => ({ result }) },
    );
}

/** One attempt at a step, around which everything that must not be forgotten is done. */
async function attempt<Params, Result>(
  deps: Deps,
  definition: StepDefinition<Params>,
  call: StepCall<Params>,
  work: (context: StepContext<Params>) => Promise<Result>,
  {
    ended = (result) => result as Result,
    isLook = () => false,
  }: { ended?: (result: StepResult) => Result; isLook?: (params: Params) => boolean } = {},
): Promise<Result> {
  const { info, cancellationSignal: signal, heartbeat } = activity();
  const instance = call.instance ?? definition.name;
  const given = definition.params.safeParse(call.params);
  const tries = given.success && isLook(given.data) ? 1 : info.attempt;
  const row = await beginExecution(deps.ledger, {
    runId: call.run.id,
    instance,
    step: definition.name,
    stepVersion: definition.version,
    attempt: tries,
    worker: deps.worker,
    inputs: call.inputs,
  });
  // Its worker was killed after the end was recorded and before Temporal heard of it.
  if (row.status === 'completed') return ended(await resultOf(deps, row));
  if (tries > 1)
    await recordEvent(deps.ledger, {
      runId: call.run.id,
      instance,
      kind: 'attempt',
      message: `attempt ${tries} by ${deps.worker}`,
    });
  let latest: JobProgress | undefined;
  const beat = setInterval(() => heartbeat(latest), HEARTBEAT_EVERY_MS);
  const progress = (p: JobProgress): void => {
    latest = p;
    heartbeat(p);
  };
  let context: ReturnType<typeof makeContext<Params>> | undefined;
  try {
    if (!given.success) throw given.error;
    const made = makeContext(deps, { ...call, params: given.data }, row.id, { signal, progress });
    context = made;
    return await withStore(await storeOfRun(deps.ledger, call.run.id), () => work(made));
  } catch (error) {
    throw await recordFailure(deps, row, error, signal);
  } finally {
    clearInterval(beat);
    await context?.dispose();
  }
}

function activity(): Pick<Context, 'info' | 'cancellationSignal'> & { heartbeat(details: unknown): void } {
  const context = Context.current();
  return {
    info: context.info,
    cancellationSignal: context.cancellationSignal,
    heartbeat: (details) => context.heartbeat(details),
  };
}

/** Notes the failure in the ledger and turns it into what Temporal understands. */
async function recordFailure(deps: Deps, row: ExecutionRow, error: unknown, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) {
    if (isCancelled(signal)) await cancelExecution(deps.ledger, row.id);
    return error instanceof CancelledFailure ? error : signal.reason;
  }
  // Nothing failed: the workflow knows what to do.
  if (error instanceof ApplicationFailure && error.category === ApplicationFailureCategory.BENIGN) return error;
  const type = error instanceof TerminalError ? error.type : error instanceof Error ? error.name : 'Error';
  const message = messageOf(error);
  await recordEvent(deps.ledger, {
    runId: row.run_id,
    instance: row.instance,
    kind: 'error',
    message: `${type}: ${message}`,
  });
  const isFinal =
    error instanceof TerminalError || (await countErrors(deps.ledger, row.run_id, row.instance)) >= MAX_ERRORS;
  await failExecution(deps.ledger, row.id, { type, message }, isFinal);
  const details = error instanceof TerminalError ? [error.details] : [];
  return isFinal ? ApplicationFailure.create({ type, message, nonRetryable: true, details }) : error;
}

async function completeMade<Params>(context: StepContext<Params>, made: Made): Promise<StepResult> {
  const { outputs, metrics = {}, facts = {}, cost = {}, unchangedSince } = made;
  const origin = unchangedSince === undefined ? {} : { cachedFrom: unchangedSince, reason: 'nothing to change' };
  const result = await completed(context, { outputs, metrics, facts, cost }, origin);
  failpoint(`${result.executionId.slice(context.run.id.length + 1)}.recorded`);
  return result;
}

async function completed<Params>(
  context: StepContext<Params>,
  outcome: Outcome,
  origin: { cachedFrom?: string; reason?: string },
): Promise<StepResult> {
  return resultOf(context.deps, await completeExecution(context.deps.ledger, context.executionId, outcome, origin));
}

async function resultOf(deps: Deps, row: ExecutionRow): Promise<StepResult> {
  const { outputs, metrics, facts } = await outcomeOf(deps.ledger, row);
  return { executionId: row.id, cached: row.cached_from !== null, outputs, metrics, facts };
}
