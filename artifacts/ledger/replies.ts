import { sql } from 'kysely';
import { now } from './clock.ts';
import type { Ledger } from './open.ts';
import type { ReplyRow } from './schema.ts';

/** A bound on what replies may cost; absent: no bound. */
export interface Budget {
  usd?: number | undefined;
  tokens?: number | undefined;
}

/** What a request may cost at most; `usd` is null without a price. */
export interface Estimate {
  tokens: number;
  usd: number | null;
}

export interface NewAsk {
  key: string;
  runId: string;
  generator: string;
  estimate: Estimate;
  budget?: Budget | undefined;
}

/**
 * `new`: ask. `in-flight-before`: ask, though an earlier request may have been paid (its process died, or its
 * reply never came). `answered`: do not ask. `over-budget`: do not ask; nothing was written.
 */
export type Intent =
  | { state: 'new' }
  | { state: 'in-flight-before'; timesAsked: number }
  | { state: 'answered'; reply: ReplyRow }
  | { state: 'over-budget'; spending: Spending };

/**
 * Writes down that a request is about to leave. What has been spent, what every request under way may cost and
 * what this one may cost are added up in the same transaction, so that all workers together keep to the budget.
 */
export async function intendAsk(ledger: Ledger, ask: NewAsk): Promise<Intent> {
  const { key, runId, generator, estimate, budget = {} } = ask;
  return ledger.transaction().execute(async (tx): Promise<Intent> => {
    const found = await tx.selectFrom('replies').selectAll().where('key', '=', key).executeTakeFirst();
    if (found?.status === 'answered') return { state: 'answered', reply: found };
    if (budget.usd !== undefined || budget.tokens !== undefined) {
      const spending = withAnswers(await spendingOf(tx, runId), await paidAnswers(tx, runId));
      if (isOver(spending, estimate, budget)) return { state: 'over-budget', spending };
    }
    const timesAsked = (found?.times_asked ?? 0) + 1;
    await tx
      .insertInto('replies')
      .values({
        key,
        run_id: runId,
        generator,
        status: 'asked',
        times_asked: timesAsked,
        estimated_tokens: estimate.tokens,
        estimated_usd: estimate.usd,
        asked_at: now(),
        answered_at: null,
        reply_json: null,
        prompt_tokens: null,
        completion_tokens: null,
        usd: null,
        error: null,
      })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet({
          run_id: runId,
          times_asked: timesAsked,
          estimated_tokens: estimate.tokens,
          estimated_usd: estimate.usd,
          asked_at: now(),
        }),
      )
      .execute();
    return timesAsked === 1 ? { state: 'new' } : { state: 'in-flight-before', timesAsked };
  });
}

/** Notes how a request ended without a reply; one that cannot have been paid no longer counts as asked. */
export async function failAsk(
  ledger: Ledger,
  { key, error, mayBePaid }: { key: string; error: string; mayBePaid: boolean },
): Promise<void> {
  await ledger
    .updateTable('replies')
    .set((eb) => ({ error, times_asked: mayBePaid ? eb.ref('times_asked') : eb('times_asked', '-', 1) }))
    .where('key', '=', key)
    .where('status', '=', 'asked')
    .execute();
}

/** Keeps a reply, before anybody uses it; of two replies to one ask the first stays. Gives the one that stays. */
export async function storeReply(
  ledger: Ledger,
  reply: { key: string; reply: unknown; promptTokens: number; completionTokens: number; usd: number | null },
): Promise<ReplyRow> {
  return ledger.transaction().execute(async (tx) => {
    await tx
      .updateTable('replies')
      .set({
        status: 'answered',
        answered_at: now(),
        reply_json: JSON.stringify(reply.reply),
        prompt_tokens: reply.promptTokens,
        completion_tokens: reply.completionTokens,
        usd: reply.usd,
        error: null,
      })
      .where('key', '=', reply.key)
      .where('status', '=', 'asked')
      .execute();
    return tx.selectFrom('replies').selectAll().where('key', '=', reply.key).executeTakeFirstOrThrow();
  });
}

/** Asks of a run that ended without a reply, with the last error. */
export async function failedAsks(ledger: Ledger, runId: string): Promise<Map<string, string>> {
  const rows = await ledger
    .selectFrom('replies')
    .select(['key', 'error'])
    .where('run_id', '=', runId)
    .where('status', '=', 'asked')
    .where('error', 'is not', null)
    .execute();
  return new Map(rows.map(({ key, error }) => [key, error ?? '']));
}

/** What each generator was paid in a run. `usd` is null when no price was known. */
export async function spendingByGenerator(
  ledger: Ledger,
  runId: string,
): Promise<
  {
    generator: string;
    requests: number;
    askedAgain: number;
    inputTokens: number;
    outputTokens: number;
    usd: number | null;
  }[]
> {
  const rows = await ledger
    .selectFrom('replies')
    .select((eb) => [
      'generator',
      eb.fn.countAll<number>().as('requests'),
      sql<number | null>`sum(max(times_asked - 1, 0))`.as('askedAgain'),
      eb.fn.sum<number | null>('prompt_tokens').as('inputTokens'),
      eb.fn.sum<number | null>('completion_tokens').as('outputTokens'),
      eb.fn.sum<number | null>('usd').as('usd'),
    ])
    .where('run_id', '=', runId)
    .groupBy('generator')
    .orderBy('generator')
    .execute();
  return rows.map(({ askedAgain, inputTokens, outputTokens, ...row }) => ({
    ...row,
    askedAgain: askedAgain ?? 0,
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
  }));
}

/**
 * What replies cost that a step of a run had its generators asked for; those of earlier runs and steps cost nothing
 * again. `usd` is absent when a price was not known, or nobody was paid.
 */
export async function paidSince(
  ledger: Ledger,
  executionId: string,
  generators: readonly string[],
): Promise<{ tokens: number; usd?: number }> {
  const { count, tokens, usd, priced } = await ledger
    .selectFrom('replies')
    .innerJoin('executions', 'executions.run_id', 'replies.run_id')
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      sql<number | null>`sum(prompt_tokens + completion_tokens)`.as('tokens'),
      eb.fn.sum<number | null>('usd').as('usd'),
      eb.fn.count<number>('usd').as('priced'),
    ])
    .where('executions.id', '=', executionId)
    .where('generator', 'in', generators)
    .where('replies.status', '=', 'answered')
    .whereRef('asked_at', '>=', 'executions.started_at')
    .executeTakeFirstOrThrow();
  return { tokens: tokens ?? 0, ...(count > 0 && priced === count ? { usd: usd ?? 0 } : {}) };
}

/** SQLite takes 32,766 values in a statement; fewer keep the statement's text small. */
const KEYS_AT_ONCE = 1000;

/** Replies that are there, by key. */
export async function findReplies(ledger: Ledger, keys: readonly string[]): Promise<Map<string, ReplyRow>> {
  const found = new Map<string, ReplyRow>();
  for (let first = 0; first < keys.length; first += KEYS_AT_ONCE) {
    const rows = await ledger
      .selectFrom('replies')
      .selectAll()
      .where('key', 'in', keys.slice(first, first + KEYS_AT_ONCE))
      .where('status', '=', 'answered')
      .execute();
    for (const row of rows) found.set(row.key, row);
  }
  return found;
}

/** What a run has asked for and paid. */
export interface Spending {
  /** Different asks. */
  asks: number;
  answered: number;
  /** Requests beyond the first of an ask: an earlier one may have been paid, and its reply never came. */
  reasked: number;
  promptTokens: number;
  completionTokens: number;
  /** Price of the replies that are there. */
  usd: number;
  /** Requests under way or lost, with what they may have cost at most. */
  unsure: { requests: number; tokens: number; usd: number };
}

/** Adds up a run's replies. Replies that an earlier run paid for cost nothing again. */
export async function spendingOf(ledger: Ledger, runId: string): Promise<Spending> {
  const unsure = sql<number>`times_asked - (status = 'answered')`;
  const row = await ledger
    .selectFrom('replies')
    .select((eb) => [
      eb.fn.countAll<number>().as('asks'),
      sql<number | null>`sum(status = 'answered')`.as('answered'),
      sql<number | null>`sum(max(times_asked - 1, 0))`.as('reasked'),
      eb.fn.sum<number | null>('prompt_tokens').as('promptTokens'),
      eb.fn.sum<number | null>('completion_tokens').as('completionTokens'),
      eb.fn.sum<number | null>('usd').as('usd'),
      sql<number | null>`sum(${unsure})`.as('unsureRequests'),
      sql<number | null>`sum((${unsure}) * estimated_tokens)`.as('unsureTokens'),
      sql<number | null>`sum((${unsure}) * estimated_usd)`.as('unsureUsd'),
    ])
    .where('run_id', '=', runId)
    // Turned down and not asked again since: nothing of it is left.
    .where('times_asked', '>', 0)
    .executeTakeFirstOrThrow();
  return {
    asks: row.asks,
    answered: row.answered ?? 0,
    reasked: row.reasked ?? 0,
    promptTokens: row.promptTokens ?? 0,
    completionTokens: row.completionTokens ?? 0,
    usd: row.usd ?? 0,
    unsure: { requests: row.unsureRequests ?? 0, tokens: row.unsureTokens ?? 0, usd: row.unsureUsd ?? 0 },
  };
}

/** Answers of models count towards the same bound as asks. */
const withAnswers = (spending: Spending, paid: { usd: number; tokens: number }): Spending => ({
  ...spending,
  usd: spending.usd + paid.usd,
  promptTokens: spending.promptTokens + paid.tokens,
});

/** Steps whose cost is their own: that of asks is in the replies, that of trainings has bounds of its own. */
const ANSWERING_STEPS = ['evaluate', 'probe', 'trial', 'examine'];

/** What vendors billed for the answers of models, in the completed steps of a run. */
export async function paidAnswers(ledger: Ledger, runId: string): Promise<{ usd: number; tokens: number }> {
  const rows = await ledger
    .selectFrom('executions')
    .select('cost_json')
    .where('run_id', '=', runId)
    .where('step', 'in', ANSWERING_STEPS)
    .where('status', '=', 'completed')
    .where('cached_from', 'is', null)
    .execute();
  const costs = rows.map(({ cost_json }) => JSON.parse(cost_json) as { usd?: number; tokens?: number });
  // Answers of models on this machine are work, and no spending.
  const paid = costs.filter(({ usd }) => usd !== undefined);
  return {
    usd: paid.reduce((sum, { usd = 0 }) => sum + usd, 0),
    tokens: paid.reduce((sum, { tokens = 0 }) => sum + tokens, 0),
  };
}

/** Rounding of sums of money must not refuse the last ask of a budget that fits exactly. */
const USD_SLACK = 1e-9;

function isOver(spending: Spending, estimate: Estimate, budget: Budget): boolean {
  const tokens = spending.promptTokens + spending.completionTokens + spending.unsure.tokens + estimate.tokens;
  const usd = spending.usd + spending.unsure.usd + (estimate.usd ?? 0);
  return (
    (budget.tokens !== undefined && tokens > budget.tokens) ||
    (budget.usd !== undefined && usd > budget.usd + USD_SLACK)
  );
}
