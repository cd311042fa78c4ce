import type { Ledger } from './open.ts';
import { now } from './runs.ts';

/** What the generator said about a set of answers. */
export interface AnswersFacts {
  /** Undefined: the vendor does not say. */
  chatTemplateSha256?: string | undefined;
  promptTokens: number;
  completionTokens: number;
  seconds: number;
  /** US dollars; undefined: nobody sends a bill. */
  usd?: number | undefined;
  /** Prompts that a vendor gave no answer to. */
  unanswered?: number | undefined;
}

export interface KnownAnswers {
  predictions: string;
  timings: string | null;
  facts: AnswersFacts;
}

/** Answers that were made earlier under the same key; whether they are still in the store, the caller looks. */
export async function findAnswers(ledger: Ledger, key: string): Promise<KnownAnswers | undefined> {
  const row = await ledger.selectFrom('answers').selectAll().where('key', '=', key).executeTakeFirst();
  return (
    row && { predictions: row.predictions, timings: row.timings, facts: JSON.parse(row.facts_json) as AnswersFacts }
  );
}

/** Notes answers under their key; newer ones take the place of older ones. */
export async function noteAnswers(ledger: Ledger, key: string, runId: string, answers: KnownAnswers): Promise<void> {
  const { predictions, timings, facts } = answers;
  const row = { predictions, timings, facts_json: JSON.stringify(facts), run_id: runId, created_at: now() };
  await ledger
    .insertInto('answers')
    .values({ key, ...row })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
    .execute();
}
