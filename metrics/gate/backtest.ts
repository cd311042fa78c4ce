import { GateTally, type GateDecision, type GateSettings, type MetricFacts, type PairedItem } from './tally.ts';

export interface Backtest {
  /** The scores that were kept, in any order. */
  items: Iterable<PairedItem> | AsyncIterable<PairedItem>;
  facts: Readonly<Record<string, MetricFacts>>;
  /** What was decided on them; decisions of earlier versions lack what those did not state. */
  old: Pick<GateDecision, 'verdict' | 'n'> & Partial<GateDecision>;
  /** The rule to try. */
  settings: GateSettings;
  /** The number of the look that it was. */
  look: number;
}

export interface BacktestResult {
  /** The verdict that was given. */
  was: GateDecision['verdict'];
  /** The decision by the new rule. */
  now: GateDecision;
  isSame: boolean;
  /** Why the verdict changed or stayed, in sentences. */
  why: string[];
}

/**
 * Decides again, by another rule, on scores that were kept.
 *
 * @throws RangeError as {@link GateTally}, such as for a metric that was not measured then.
 */
export async function backtest({ items, facts, old, settings, look }: Backtest): Promise<BacktestResult> {
  const tally = new GateTally(settings, facts, look);
  for await (const item of items) tally.add(item);
  const now = tally.decide();
  const isSame = now.verdict === old.verdict;
  const first = isSame
    ? `The verdict stays ${now.verdict}.`
    : `The verdict was ${old.verdict} and would be ${now.verdict}.`;
  return { was: old.verdict, now, isSame, why: [first, ...changes(old, now), ...now.reasons] };
}

/** What differs between the two rules and what they saw. */
function changes(old: Backtest['old'], now: GateDecision): string[] {
  const said: string[] = [];
  if (old.n !== now.n)
    said.push(`Then it saw ${old.n} items, now ${now.n}: the scores kept are not those it decided on.`);
  const alpha = old.alpha ?? (old.confidence === undefined ? undefined : 1 - old.confidence);
  if (alpha !== undefined && Math.abs(alpha - now.alpha) > 1e-12)
    said.push(`Then it accepted a risk of ${percent(alpha)} of a lucky promotion, now ${percent(now.alpha)}.`);
  if (old.minGain !== undefined && old.minGain !== now.minGain)
    said.push(`Then a gain of more than ${old.minGain} was asked for, now ${now.minGain}.`);
  if (old.method !== undefined && old.method !== now.method)
    said.push(`The bounds were by ${old.method} then and are by ${now.method} now.`);
  const known = new Set([...(old.guards ?? []), ...(old.floors ?? [])].map(nameOf));
  for (const check of [...now.guards, ...now.floors])
    if (!known.has(nameOf(check))) said.push(`Then ${nameOf(check)} was not looked at; now it is ${check.outcome}.`);
  return said;
}

const nameOf = ({ metric, slice }: { metric: string; slice?: string }): string =>
  slice === undefined ? metric : `${metric} on ${slice}`;
const percent = (share: number): string => `${+(share * 100).toFixed(2)} %`;
