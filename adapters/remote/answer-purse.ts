import { terminal } from '../../configs/failure.ts';
import type { WriterMessage } from '../contracts.ts';
import { promptTokensOf } from '../endpoint/dialect.ts';
import { usdOf, type Prompt, type RemoteAsker, type Tokens } from './asker.ts';

/** Rounding of sums must not refuse what fits exactly. */
const SLACK = 1e-9;

/** Money for answers: each request sets aside what it may cost at most, until it is known what it did cost. */
export interface AnswerPurse {
  /**
   * Waits until there is enough for a prompt. What is given back is told what was used; undefined: nothing.
   *
   * @throws TerminalError `BudgetReached` when there never will be enough.
   */
  take(prompt: Prompt): Promise<(used: Tokens | undefined) => void>;
}

/** @param known Answers that are there, and paid. */
export function openAnswerPurse(
  known: readonly Tokens[],
  { asker, maxTokens, maxUsd }: { asker: Pick<RemoteAsker, 'price'>; maxTokens: number; maxUsd?: number | undefined },
): AnswerPurse {
  const { price } = asker;
  let spent = known.reduce((sum, answer) => sum + usdOf(answer, price), 0);
  let aside = 0;
  let ended = Promise.withResolvers<void>();

  return {
    take: async (prompt) => {
      const most = mostUsd(prompt, maxTokens, price);
      while (maxUsd !== undefined && spent + aside + most > maxUsd + SLACK) {
        if (aside === 0)
          throw terminal(
            'BudgetReached',
            `the budget for answers is reached: ${dollars(spent)} spent, up to ${dollars(most)} for the next one, ${dollars(maxUsd)} left for them: raise evaluate.limits.usd and run it again, what was answered is kept`,
            { spent, next: most, maxUsd },
          );
        await ended.promise;
      }
      aside += most;
      return (used) => {
        aside -= most;
        if (aside < SLACK) aside = 0;
        if (used) spent += usdOf(used, price);
        ended.resolve();
        ended = Promise.withResolvers<void>();
      };
    },
  };
}

/** What an answer may cost at most. */
export const mostUsd = (prompt: Prompt, maxTokens: number, price: RemoteAsker['price']): number =>
  usdOf({ promptTokens: tokensOf(prompt), completionTokens: maxTokens }, price);

const tokensOf = ({ messages }: Prompt): number =>
  promptTokensOf({
    messages: messages.map(({ role, content }): WriterMessage => ({ role, content: content ?? null })),
    seed: 0,
    temperature: 0,
    topP: 1,
    maxTokens: 0,
  });

const dollars = (value: number): string => `$${value.toFixed(value >= 1 ? 2 : 6)}`;
