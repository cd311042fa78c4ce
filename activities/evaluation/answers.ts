import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { z } from 'zod';
import type { Generator } from '../../adapters/contracts.ts';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { findAnswers, noteAnswers, type AnswersFacts } from '../../artifacts/ledger/answers.ts';
import { paidAnswers, spendingOf } from '../../artifacts/ledger/replies.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { terminal, TerminalError } from '../../configs/failure.ts';
import type { Evaluate } from '../../configs/evaluate.ts';
import type { Google } from '../../configs/google.ts';
import { BUDGET_REACHED } from '../../configs/presets.ts';
import type { ArtifactRef, Budget } from '../../configs/refs.ts';
import { rowsIn } from '../../data/lines.ts';
import { generatorOf } from '../remote-models.ts';
import type { StepContext } from '../step/context.ts';
import { forcedBy } from '../step/reuse.ts';

export type Side = 'candidate' | 'champion';
export const SIDES: readonly Side[] = ['candidate', 'champion'];

/** One answer as the generator gave it; `text` is null when none came. */
const Prediction = z.object({
  id: z.string(),
  text: z.string().nullable(),
  promptTokens: z.number().optional(),
  completionTokens: z.number().optional(),
});
export type Prediction = z.infer<typeof Prediction>;
const Timing = z.object({ id: z.string(), seconds: z.number() });

/** The answers of one model to one set of prompts. */
export interface Answers {
  ref: ArtifactRef;
  timings?: ArtifactRef;
  of: ReadonlyMap<string, Prediction>;
  /** Seconds by row, for what was timed. */
  seconds: ReadonlyMap<string, number>;
  facts: AnswersFacts;
  /** They were made earlier: nothing was asked. */
  isReused: boolean;
}

/** What is needed of a step to have a model answer. */
export type Asker = Pick<
  StepContext<unknown>,
  'deps' | 'run' | 'instance' | 'input' | 'metaOf' | 'save' | 'jobKey' | 'signal' | 'progress'
>;

/** What both models are asked. */
export interface Questions {
  /** Artifact of the prompts, JSONL with `id` and `messages`. */
  prompts: ArtifactRef;
  rows: number;
  decoding: Evaluate['decoding'];
  batchSize: number;
  google?: Google | undefined;
  store?: string | undefined;
  batchAbove?: number | undefined;
  price?: Evaluate['price'];
  /** What the run may spend in all, on answers and other asks. */
  budget?: Budget | undefined;
}

/**
 * Has both models answer, the candidate first.
 *
 * @throws ApplicationFailure `BudgetReached`, which is no failure of the step: with more it goes on where it was.
 */
export async function answersOfBoth(context: Asker, questions: Questions): Promise<Record<Side, Answers>> {
  try {
    const candidate = await answersOf(context, 'candidate', questions);
    return { candidate, champion: await answersOf(context, 'champion', questions, [candidate]) };
  } catch (error) {
    if (!(error instanceof TerminalError) || error.type !== BUDGET_REACHED) throw error;
    throw ApplicationFailure.create({
      type: BUDGET_REACHED,
      message: error.message,
      category: ApplicationFailureCategory.BENIGN,
      nonRetryable: true,
    });
  }
}

/** A champion that nobody can ask any more hinders each comparison, and another training does not help. */
function championGone(error: unknown, run: string): unknown {
  if (!(error instanceof TerminalError) || !['NoEndpoint', 'NoModel'].includes(error.type)) return error;
  const gone = error.details['gone'] ?? `the model ${String(error.details['model'] ?? 'behind it')}`;
  return terminal(
    'ChampionGone',
    `nothing can be compared with the champion, since ${String(gone)} does not answer any more: deploy it again, make another version the champion (\`anneal rollback NAME\`), or set register.alias to a new one; then \`anneal rerun ${run}\` goes on with the candidate, which is kept`,
    error.details,
    error,
  );
}

/**
 * Has a model answer, or takes the answers it gave to the same prompts in the same way before: a champion answers a
 * test set once, and another metric asks nobody anything.
 *
 * @param before What was asked in the same step, and is not in the ledger yet.
 * @throws TerminalError `TemplateMismatch` when it was trained with another chat template than it would be asked with,
 * `MissingPredictions` when a row came back without a line.
 */
export async function answersOf(
  context: Asker,
  side: Side,
  questions: Questions,
  before: readonly Answers[] = [],
): Promise<Answers> {
  const { deps, run } = context;
  const model = context.input(side);
  const meta = await context.metaOf(model.digest);
  const { generator, remote } = await generatorOf(deps, model.digest);
  const key = await keyOf(generator, model, questions);
  const isForced = forcedBy(run, stepOf(context.instance)) !== undefined;
  const known = isForced ? undefined : await findAnswers(deps.ledger, key);
  const isThere = async (digest: string | null): Promise<boolean> =>
    digest !== null && (await deps.store.condition(digest)) === 'ok';
  if (known && (await isThere(known.predictions))) {
    const ref: ArtifactRef = { digest: known.predictions, type: 'Predictions' };
    const timings = (await isThere(known.timings)) ? (known.timings ?? undefined) : undefined;
    return read(context, side, questions, { ref, timings, facts: known.facts, isReused: true });
  }
  const path = await deps.store.path(model.digest);
  const isAdapter = meta['kind'] === 'adapter';
  const base = isAdapter ? await deps.store.path(String(meta['base'])) : path;
  // What was paid for is found again by a later run that asks the same.
  const jobKey = remote && !isForced ? `answers-${hexOf(key)}` : `${context.jobKey}.${side}`;
  const { google, price, store, batchAbove } = questions;
  const budget = remote && questions.budget ? await leftOf(context, questions.budget, before) : undefined;
  const asked = generator.generate(
    jobKey,
    {
      base,
      adapter: isAdapter ? path : undefined,
      prompts: await deps.store.path(questions.prompts.digest),
      decoding: questions.decoding,
      batchSize: questions.batchSize,
      ...(google ? { google } : {}),
      ...(price ? { price } : {}),
      ...(store === undefined ? {} : { store }),
      ...(batchAbove === undefined ? {} : { batchAbove }),
      ...(budget ? { budget } : {}),
    },
    run.id,
    {
      signal: context.signal,
      progress: ({ step, steps, ...rest }) =>
        context.progress({ ...rest, step: side === 'candidate' ? step : steps + step, steps: 2 * steps }),
    },
  );
  const { predictions, timings, ...facts } = await asked.catch((error: unknown) => {
    throw side === 'champion' && remote && remote.model !== remote.base ? championGone(error, run.id) : error;
  });
  const trainedWith = meta['chatTemplateSha256'];
  const askedWith = facts.chatTemplateSha256;
  if (trainedWith !== undefined && askedWith !== undefined && trainedWith !== askedWith) {
    throw terminal(
      'TemplateMismatch',
      `the ${side} was trained with another chat template (${String(trainedWith).slice(0, 12)}…) than it would be asked with (${askedWith.slice(0, 12)}…): tune it again`,
    );
  }
  const ref = await context.save('Predictions', { file: predictions }, { model: model.digest, rows: questions.rows });
  const timed = timings === undefined ? undefined : (await context.save('Timings', { file: timings })).digest;
  const answers = await read(context, side, questions, { ref, timings: timed, facts, isReused: false });
  await noteAnswers(deps.ledger, key, run.id, { predictions: ref.digest, timings: timed ?? null, facts });
  return answers;
}

/** What is left of what a run may spend. @param before Answers of the step under way. */
async function leftOf({ deps, run }: Asker, { usd, tokens }: Budget, before: readonly Answers[]): Promise<Budget> {
  const asks = await spendingOf(deps.ledger, run.id);
  const answers = await paidAnswers(deps.ledger, run.id);
  const fresh = before.filter(({ isReused, facts }) => !isReused && facts.usd !== undefined).map(({ facts }) => facts);
  const spent = {
    usd: asks.usd + asks.unsure.usd + answers.usd + fresh.reduce((sum, facts) => sum + (facts.usd ?? 0), 0),
    tokens:
      asks.promptTokens +
      asks.completionTokens +
      asks.unsure.tokens +
      answers.tokens +
      fresh.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0),
  };
  return {
    ...(usd === undefined ? {} : { usd: Math.max(0, usd - spent.usd) }),
    ...(tokens === undefined ? {} : { tokens: Math.max(0, tokens - spent.tokens) }),
  };
}

/** What vendors billed for answers, as a part of the cost of a step; nothing where nobody did. */
export function usdOf(answers: readonly Answers[]): { usd?: number } {
  const bills = answers.flatMap(({ isReused, facts: { usd } }) => (isReused || usd === undefined ? [] : [usd]));
  return bills.length === 0 ? {} : { usd: bills.reduce((sum, bill) => sum + bill, 0) };
}

const stepOf = (instance: string): string => /^[a-z]+/.exec(instance)?.[0] ?? instance;

async function keyOf(
  generator: Generator,
  model: ArtifactRef,
  { prompts, decoding, batchSize }: Questions,
): Promise<string> {
  // batchSize: rows of one batch share padding and, above temperature 0, one random stream.
  const parts = {
    model: model.digest,
    prompts: prompts.digest,
    decoding,
    batchSize,
    ...(await generator.identity()),
  };
  return digestOf(canonicalJson(parts));
}

async function read(
  { deps }: Asker,
  side: Side,
  { rows }: Questions,
  found: { ref: ArtifactRef; timings: string | undefined; facts: AnswersFacts; isReused: boolean },
): Promise<Answers> {
  const { ref, timings, facts, isReused } = found;
  const of = new Map<string, Prediction>();
  for (const line of rowsIn<unknown>(await deps.store.path(ref.digest))) {
    const prediction = Prediction.parse(line);
    of.set(prediction.id, prediction);
  }
  if (of.size !== rows)
    throw terminal(
      'MissingPredictions',
      `the ${side} answered ${of.size} of ${rows} rows: an evaluation counts every row that was asked`,
    );
  const seconds = new Map<string, number>();
  if (timings !== undefined)
    for (const line of rowsIn<unknown>(await deps.store.path(timings))) {
      const timing = Timing.parse(line);
      seconds.set(timing.id, timing.seconds);
    }
  return {
    ref,
    ...(timings === undefined ? {} : { timings: { digest: timings, type: 'Timings' as const } }),
    of,
    seconds,
    facts,
    isReused,
  };
}
