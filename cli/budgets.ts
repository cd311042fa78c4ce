import type { BudgetScope, BudgetUnit } from '../configs/budget.ts';
import type { Budget } from '../configs/refs.ts';
import type { RaiseBounds } from '../workflows/budget.ts';
import { UsageError } from './command.ts';

/** What `--budget` raises: the bound of a scope, or without one what the run itself waits for. */
export interface Wanted {
  scope: BudgetScope | null;
  unit: BudgetUnit;
  value: number;
}

/** `5` and `usd=5` are US dollars, `tokens=200000` tokens, `month.trainerSeconds=600` seconds of training in the month. */
export function wantedIn(texts: readonly string[]): Wanted[] {
  return texts.map((text) => {
    const [, scope = null, unit = 'usd', number] = FORM.exec(text) ?? [];
    const value = Number(number);
    if (
      number === undefined ||
      !(value > 0) ||
      !Number.isFinite(value) ||
      (unit === 'tokens' && !Number.isInteger(value))
    )
      throw new UsageError(
        `--budget: expected usd=5, tokens=200000 or trainerSeconds=600, or one of them behind run., line. or month., found "${text}"`,
      );
    return { scope: scope as BudgetScope | null, unit: unit as BudgetUnit, value };
  });
}

const FORM = /^(?:(?:(run|line|month)\.)?(usd|tokens|trainerSeconds)=)?(\S+)$/;

/** The update that a run takes: its own limits of asking, or bounds of its line. */
export function updateFor(
  wanted: readonly Wanted[],
  waiting: string,
  by: string,
): { name: string; args: [Budget] | [RaiseBounds] } {
  const ofLine =
    waiting.startsWith('the budget of') ||
    wanted.some(({ scope, unit }) => scope !== null || unit === 'trainerSeconds');
  if (!ofLine)
    return { name: 'raiseBudget', args: [Object.fromEntries(wanted.map(({ unit, value }) => [unit, value]))] };
  const bounds: RaiseBounds['bounds'] = {};
  for (const { scope, unit, value } of wanted) bounds[scope ?? 'run'] = { ...bounds[scope ?? 'run'], [unit]: value };
  return { name: 'raiseBounds', args: [{ bounds, by }] };
}
