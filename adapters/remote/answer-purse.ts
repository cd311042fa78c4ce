import { terminal } from '../../configs/failure.ts';
import type { Budget } from '../../configs/refs.ts';
import type { WriterMessage } from '../contracts.ts';
import { promptTokensOf } from '../endpoint/dialect.ts';
import { usdOf, type Prompt, type RemoteAsker, type Tokens } from './asker.ts';

const UNITS = ['usd', 'tokens'] as const;
type Cost = Record<(typeof UNITS)[number], number>;

/** Rounding of sums must not refuse what fits exactly. */
const SLACK = 1e-9;

/** What answers may cost: each request sets aside what it may take at most, until it is known what it did take. */
export interface AnswerPurse {
  /**
   * Waits until there is enough for a prompt. What is given back is told what was used; undefined: nothing.
   *
   * @throws TerminalError `BudgetReached` when there never will be enough.
   */
  take(prompt: Prompt): Promise<(used: Tokens | undefined) => void>;
}

/** What answers are billed by, and how much there is for all of them together. */
export interface AnswerBudget {
  price: RemoteAsker['price'];
  /** Longest answer. */
  maxTokens: number;
  /** Absent: no bound. */
  budget?: Budget | undefined;
}

/** @param known Answers that are there, and paid. */
export function openAnswerPurse(known: readonly Tokens[], of: AnswerBudget): AnswerPurse {
  const { budget = {} } = of;
  let spent = sum(known.map((answer) => costOf(answer, of.price)));
  let aside: Cost = { usd: 0, tokens: 0 };
  let open = 0;
  let ended = Promise.withResolvers<void>();

  return {
    take: async (prompt) => {
      const most = mostOf(prompt, of);
      while (isOver(sum([spent, aside, most]), budget)) {
        if (open === 0) throw terminal('BudgetReached', reached(spent, most, budget), { spent, next: most });
        await ended.promise;
      }
      aside = sum([aside, most]);
      open += 1;
      return (used) => {
        open -= 1;
        aside = open === 0 ? { usd: 0, tokens: 0 } : { usd: aside.usd - most.usd, tokens: aside.tokens - most.tokens };
        if (used) spent = sum([spent, costOf(used, of.price)]);
        ended.resolve();
        ended = Promise.withResolvers<void>();
      };
    },
  };
}

/**
 * Whether prompts that are asked all at once fit for certain.
 *
 * @param known Answers that are there, and paid.
 */
export function fitsAtOnce(
  known: readonly Tokens[],
  prompts: readonly Prompt[],
  { priceShare, ...of }: AnswerBudget & { priceShare: number },
): boolean {
  const { budget = {} } = of;
  const most = sum(prompts.map((prompt) => mostOf(prompt, of)));
  const spent = known.map((answer) => costOf(answer, of.price));
  return !isOver(sum([...spent, { ...most, usd: most.usd * priceShare }]), budget);
}

const sum = (costs: readonly Cost[]): Cost => ({
  usd: costs.reduce((total, { usd }) => total + usd, 0),
  tokens: costs.reduce((total, { tokens }) => total + tokens, 0),
});

const costOf = (used: Tokens, price: RemoteAsker['price']): Cost => ({
  usd: usdOf(used, price),
  tokens: used.promptTokens + used.completionTokens,
});

const mostOf = (prompt: Prompt, { price, maxTokens }: AnswerBudget): Cost =>
  costOf({ promptTokens: tokensOf(prompt), completionTokens: maxTokens }, price);

const isOver = (cost: Cost, budget: Budget): boolean =>
  UNITS.some((unit) => {
    const most = budget[unit];
    return most !== undefined && cost[unit] > most + SLACK;
  });

const tokensOf = ({ messages }: Prompt): number =>
  promptTokensOf({
    messages: messages.map(({ role, content }): WriterMessage => ({ role, content: content ?? null })),
    seed: 0,
    temperature: 0,
    topP: 1,
    maxTokens: 0,
  });

function reached(spent: Cost, next: Cost, budget: Budget): string {
  const shown = (unit: keyof Cost, value: number): string =>
    unit === 'usd' ? `$${value.toFixed(value >= 1 ? 2 : 6)}` : `${value} tokens`;
  const parts = UNITS.flatMap((unit) => {
    const most = budget[unit];
    if (most === undefined) return [];
    return [
      `${shown(unit, spent[unit])} spent on these answers, up to ${shown(unit, next[unit])} for the next one, ${shown(unit, most)} left for them`,
    ];
  });
  return `the budget is reached: ${parts.join('; ')} (evaluate.limits); what was answered is kept`;
}
