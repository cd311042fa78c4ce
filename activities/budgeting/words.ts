import type { Reached } from '../../artifacts/ledger/reservations.ts';
import type { BudgetScope, BudgetUnit } from '../../configs/budget.ts';

const SCOPES: Record<BudgetScope, string> = { run: 'this run', line: 'this line', month: 'this month' };

/** Why a training cannot begin now, and the command that lets it. */
export function doesNotFit(reached: readonly Reached[], run: string): string {
  const parts = reached.map(({ scope, unit, used, wanted, bound }) => {
    const needs = wanted > 0 ? `this training needs about ${amount(unit, wanted)}` : 'nothing is left';
    return `the budget of ${SCOPES[scope]}: ${amount(unit, used)} of ${amount(unit, bound)}${nameOf(unit)} used, ${needs}`;
  });
  const raised = reached.map(({ scope, unit, used, wanted, bound }) => {
    const enough = wanted > 0 ? used + wanted : Math.max(used, bound) * 1.5;
    return `--budget ${scope}.${unit}=${roundUp(unit, enough)}`;
  });
  return `${parts.join('; ')}: \`anneal resume ${run} ${raised.join(' ')}\``;
}

/** Why a run does not begin at all. */
export function nothingLeft(reached: readonly Reached[]): string {
  return reached
    .map(({ scope, unit, used, bound }) => {
      const wait = scope === 'month' ? ' or wait for the next month' : '';
      return `the budget of ${SCOPES[scope]} is used up, ${amount(unit, used)} of ${amount(unit, bound)}${nameOf(unit)}: raise continuous.budget.${scope}.${unit}${wait}`;
    })
    .join('; ');
}

const nameOf = (unit: BudgetUnit): string => (unit === 'usd' ? '' : unit === 'tokens' ? ' tokens' : ' trainer seconds');

/** A figure as people read it; US dollars carry their sign. */
export function amount(unit: BudgetUnit, value: number): string {
  if (unit === 'usd') return `$${value.toFixed(value >= 1 || value === 0 ? 2 : value >= 0.01 ? 4 : 6)}`;
  const digits = unit === 'tokens' || value >= 10 ? 0 : 1;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** Two digits are exact enough for a bound, and never less than what is needed. */
function roundUp(unit: BudgetUnit, value: number): number {
  const size = 10 ** (Math.floor(Math.log10(value)) - 1);
  const rounded = Number((Math.ceil(value / size) * size).toPrecision(2));
  return unit === 'tokens' ? Math.ceil(rounded) : rounded;
}
