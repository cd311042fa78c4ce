import type { WriterRequest } from '../../adapters/contracts.ts';
import { promptTokensOf } from '../../adapters/endpoint/dialect.ts';
import type { Budget, Estimate, Spending } from '../../artifacts/ledger/replies.ts';

/** Price of a generator, in USD a million tokens of prompt and of answer. */
export interface Price {
  inputPerMillion: number;
  outputPerMillion: number;
}

/** The next ask might cost more than is left. Raising the budget lets the run go on from the same ask. */
export class BudgetReached extends Error {
  override readonly name = 'BudgetReached';
  readonly spending: Spending;
  readonly budget: Budget;
  /** What the ask that was not made may have cost. */
  readonly next: Estimate;

  constructor(spending: Spending, budget: Budget, next: Estimate) {
    super(budgetMessage(spending, budget, next));
    this.spending = spending;
    this.budget = budget;
    this.next = next;
  }
}

/** What an ask may cost at most: its prompt as estimated, and all the tokens it may answer with. */
export function estimateOf(request: WriterRequest, price: Price | undefined): Estimate {
  const prompt = promptTokensOf(request);
  return { tokens: prompt + request.maxTokens, usd: costOf(prompt, request.maxTokens, price) };
}

/** In USD; null without a price. */
export function costOf(promptTokens: number, completionTokens: number, price: Price | undefined): number | null {
  return price ? (promptTokens * price.inputPerMillion + completionTokens * price.outputPerMillion) / 1e6 : null;
}

function budgetMessage(spending: Spending, budget: Budget, next: Estimate): string {
  const { promptTokens, completionTokens, usd, unsure } = spending;
  const dollars = (value: number): string => `$${value.toFixed(value >= 1 ? 2 : value >= 0.01 ? 4 : 6)}`;
  const part = (used: number, open: number, more: number, bound: number, show: (value: number) => string): string =>
    `${show(used)} spent${open > 0 ? `, up to ${show(open)} under way or lost` : ''}, up to ${show(more)} for the next ask, ${show(bound)} allowed`;
  const parts = [
    ...(budget.usd === undefined ? [] : [part(usd, unsure.usd, next.usd ?? 0, budget.usd, dollars)]),
    ...(budget.tokens === undefined
      ? []
      : [
          part(
            promptTokens + completionTokens,
            unsure.tokens,
            next.tokens,
            budget.tokens,
            (value) => `${value} tokens`,
          ),
        ]),
  ];
  return `the budget is reached: ${parts.join('; ')}`;
}
