import { BUDGET_SCOPES } from './budget.ts';
import { lacksPrice } from './prices.ts';

/**
 * What has to hold between `continuous.budget`, `evaluate.limits` and the rest of a recipe: money can be bounded only
 * where the price of everything that costs some is known. Takes whatever was written, right or wrong.
 */
export function crossCheckBudget(written: unknown): { path: string[]; message: string }[] {
  const at = (...path: string[]): unknown =>
    path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), written);
  const scope = BUDGET_SCOPES.find((one) => at('continuous', 'budget', one, 'usd') !== undefined);
  const ofAll = scope && `continuous.budget.${scope}.usd`;
  const ofJudges = ofAll ?? (at('evaluate', 'limits', 'usd') === undefined ? undefined : 'evaluate.limits.usd');
  const places = [
    ...(ofAll ? namesIn(at('synthesize', 'generators')).map((name) => ['synthesize', 'generators', name]) : []),
    ...(ofJudges ? namesIn(at('evaluate', 'judges')).map((name) => ['evaluate', 'judges', name, 'generator']) : []),
  ];
  return places
    .filter((path) => {
      const settings = at(...path);
      return isObject(settings) && lacksPrice(settings);
    })
    .map((path) => ({
      path,
      message: `has no price, so ${ofJudges} cannot hold: give price.inputPerMillion and price.outputPerMillion in USD (0 when it is free), or bound tokens instead`,
    }));
}

const namesIn = (value: unknown): string[] => (isObject(value) ? Object.keys(value) : []);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
