/** What budgets are counted in. */
export const BUDGET_UNITS = ['usd', 'tokens', 'trainerSeconds'] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

/** What a bound holds for; a month is one of the calendar, in UTC. */
export const BUDGET_SCOPES = ['run', 'line', 'month'] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

/** A bound that a person raised for one run. */
export interface Raise {
  scope: BudgetScope;
  unit: BudgetUnit;
  from: number;
  to: number;
  /** Who did it. */
  by: string;
}
