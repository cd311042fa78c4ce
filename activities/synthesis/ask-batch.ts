import { ApplicationFailure, Context } from '@temporalio/activity';
import { hexOf } from '../../artifacts/canonical.ts';
import { noteExecution } from '../../artifacts/ledger/executions.ts';
import { countErrors, recordEvent } from '../../artifacts/ledger/runs.ts';
import { messageOf, terminal, TerminalError } from '../../configs/failure.ts';
import { MAX_ERRORS } from '../../configs/presets.ts';
import type { RunRef } from '../../configs/refs.ts';
import type { Synthesize } from '../../configs/synthesis.ts';
import type { Budget } from '../../artifacts/ledger/replies.ts';
import { AskFailed, RetryAfter } from '../../adapters/endpoint/errors.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Ask } from '../../data/synthesis/strategy.ts';
import { askOnce } from '../step/ask.ts';
import { BudgetReached } from '../step/budget.ts';
import type { Deps } from '../step/deps.ts';
import { inputsOf, kindOf, writerFor } from './generators.ts';

/** An ask of synthesis or of a judge as it stands in a plan, under the key that its reply is kept under. */
export interface PlannedAsk {
  key: string;
  ask: Ask;
}

export interface AskBatch {
  run: RunRef;
  instance: string;
  /** Who is asked, by the name that asks give. */
  settings: Pick<Synthesize, 'generators'>;
  /** Digest of the plan. */
  plan: string;
  /** Asks of the plan, from this one up to but not including the last. */
  from: number;
  to: number;
  budget: Budget;
  /** Type of the failure when tries are used up. @default 'SynthesisFailed' */
  failure?: string;
}

export interface BatchEnd {
  answered: number;
  /** Asks that nobody could answer; their reasons are in the ledger. */
  failed: number;
  /** Set when the budget is reached: why the rest was not asked. */
  paused?: string;
}

const HEARTBEAT_EVERY_MS = 3000;

/**
 * Puts a part of a plan's asks to their generators, as many at once as these allow. Replies that are there are not
 * asked for again, so that a batch tried again asks only for what is missing.
 */
export function createAskBatch(deps: Deps): (batch: AskBatch) => Promise<BatchEnd> {
  return async (batch) => {
    const { cancellationSignal: signal } = Context.current();
    const beat = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      return await putAsks(deps, batch, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof TerminalError) {
        const { type, message, details } = error;
        throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
      }
      if (error instanceof ApplicationFailure) throw error; // counted already
      const message = messageOf(error);
      if ((await countTry(deps, batch, message)) < triesOf(deps)) throw error;
      throw ApplicationFailure.create({ type: batch.failure ?? 'SynthesisFailed', message, nonRetryable: true });
    } finally {
      clearInterval(beat);
    }
  };
}

const triesOf = ({ patience }: Deps): number => patience?.tries ?? MAX_ERRORS;

/** Notes that a try left something unanswered, and counts. Workers that died in between do not count. */
async function countTry({ ledger }: Deps, { run, instance, plan, from, to }: AskBatch, why: string): Promise<number> {
  const about = { runId: run.id, instance: `${instance}#${hexOf(plan).slice(0, 6)}.${from + 1}-${to}` };
  await recordEvent(ledger, { ...about, kind: 'error', message: why });
  return countErrors(ledger, run.id, about.instance);
}

async function putAsks(deps: Deps, batch: AskBatch, signal: AbortSignal): Promise<BatchEnd> {
  const { run, settings, budget } = batch;
  const asks = await readAsks(deps, batch);
  const inputs = await inputsOf(deps, `${run.id}/${batch.instance}`);
  const writers = new Map<string, Awaited<ReturnType<typeof writerFor>>['writer']>();
  for (const name of new Set(asks.map(({ ask }) => ask.generator))) {
    const generator = settings.generators[name];
    if (generator) writers.set(name, (await writerFor(deps, name, generator, { run: run.id, inputs })).writer);
  }
  const end: BatchEnd = { answered: 0, failed: 0 };
  const unanswered: Error[] = [];
  let stop: unknown;
  const put = async ({ key, ask }: PlannedAsk): Promise<void> => {
    const generator = settings.generators[ask.generator];
    const writer = writers.get(ask.generator);
    if (!generator || !writer || generator.kind === 'grammar' || stop !== undefined || end.paused !== undefined) return;
    try {
      await askOnce({
        ledger: deps.ledger,
        writer,
        generator: ask.generator,
        key,
        runId: run.id,
        request: {
          messages: ask.messages,
          schema: ask.schema,
          seed: ask.seed,
          temperature: generator.temperature,
          topP: generator.topP,
          maxTokens: generator.maxTokens,
        },
        price: kindOf(deps, generator)?.priceOf(generator),
        budget,
        signal,
        ...(deps.patience ? { patience: deps.patience.ask } : {}),
      });
      end.answered += 1;
    } catch (error) {
      if (error instanceof BudgetReached) end.paused = error.message;
      else if (error instanceof TerminalError && error.type === 'AskRefused') end.failed += 1;
      else if (error instanceof AskFailed || error instanceof RetryAfter) unanswered.push(error);
      else stop ??= error;
    }
  };
  // All at once: each waits for its generator's limiter. One that fails does not end what is under way and paid.
  await Promise.all(asks.map(put));
  if (stop !== undefined) throw stop;
  await note(deps, batch);
  if (unanswered.length === 0) return end;
  return concluded(deps, batch, { end, unanswered, asks: asks.length });
}

/** What becomes of asks that got no usable answer: tried again, left at that, or the end of the run. */
async function concluded(
  deps: Deps,
  batch: AskBatch,
  { end, unanswered, asks }: { end: BatchEnd; unanswered: readonly Error[]; asks: number },
): Promise<BatchEnd> {
  const first = messageOf(unanswered[0]);
  const tries = await countTry(deps, batch, `${unanswered.length} of ${asks} asks got no usable answer: ${first}`);
  if (tries < triesOf(deps)) {
    const message = `${unanswered.length} of ${asks} asks got no usable answer and are tried again: ${first}`;
    throw ApplicationFailure.create({ type: 'AsksUnanswered', message });
  }
  // One ask may be at fault for a reply that nobody can read, but not for a server that does not take it.
  const isAway = unanswered.every((error) => error instanceof RetryAfter || !(error as AskFailed).mayBePaid);
  if (isAway || unanswered.length === asks) {
    throw terminal(
      'GeneratorUnavailable',
      `the generator gave no usable answer to ${unanswered.length} of ${asks} asks in ${tries} tries: ${first}. See to the server, then \`anneal rerun ${batch.run.id}\`: what was answered is kept`,
    );
  }
  return { ...end, failed: end.failed + unanswered.length };
}

async function readAsks({ store }: Deps, { plan, from, to }: AskBatch): Promise<PlannedAsk[]> {
  const asks: PlannedAsk[] = [];
  let number = 0;
  for (const ask of rowsIn<PlannedAsk>(await store.path(plan))) {
    if (number >= to) break;
    if (number >= from) asks.push(ask);
    number += 1;
  }
  return asks;
}

/** How far the asking is, for the terminal. */
async function note({ ledger }: Deps, { run, instance, to }: AskBatch): Promise<void> {
  await noteExecution(ledger, `${run.id}/${instance}`, { progress: { step: to, steps: to } });
}
