import { setImmediate } from 'node:timers/promises';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { ancestors, keptScores, listSlices, type SliceScores } from '../../artifacts/ledger/suite.ts';
import { judgeGuard, type GuardResult } from '../../metrics/gate/guards.ts';
import { Paired, type MetricFacts } from '../../metrics/gate/paired.ts';
import type { ForgettingParams } from './forgetting.ts';

/** The candidate on a slice, against the one that it does worst against. */
export interface SliceResult {
  slice: string;
  n: number;
  candidate: number;
  champion: number | null;
  /** Digest of the earlier champion, or `champion`. */
  against: string;
  outcome: GuardResult['outcome'];
  /** Lower bound of the gain over it; null without items. */
  bound: number | null;
  words: string;
}

/** The candidate on all slices together, against the one that it does worst against. */
export type TogetherResult = Omit<SliceResult, 'slice'>;

export interface ForgettingReport {
  line: string;
  metric: string;
  margin: number;
  require: ForgettingParams['require'];
  candidate: string;
  champion: string;
  /** How many champions of the line it was held against, this one included. */
  ancestors: number;
  slices: SliceResult[];
  /** null: there is no earlier period. */
  together: TogetherResult | null;
  outcome: GuardResult['outcome'];
  reasons: string[];
}

/** A candidate with its scores on all slices, and the champion it is to replace. */
interface Held {
  candidate: string;
  champion: string;
  facts: MetricFacts;
  found: readonly SliceScores[];
}

/** Compares a candidate with every champion that its line has had, slice by slice and on all slices together. */
export async function holdAgainstAncestors(
  ledger: Ledger,
  { line, metric, margin, require, confidence }: ForgettingParams,
  { candidate, champion, facts, found }: Held,
): Promise<ForgettingReport> {
  const earlier = [...new Set((await ancestors(ledger, line)).map(({ model }) => model))].filter(
    (model) => model !== candidate,
  );
  const models = [...new Set([...earlier, champion])];
  const own = new Map(found.filter(({ model }) => model === candidate).map(({ slice, scores }) => [slice, scores]));
  const nameOf = (model: string): string =>
    model === champion ? 'the champion' : `an earlier champion (${model.slice(0, 19)})`;
  const judge = (model: string, paired: Paired, where: string): Judged => {
    const result = judgeGuard({ metric, margin, slice: `${where}, against ${nameOf(model)}` }, paired, 1 - confidence);
    return { model, paired, result };
  };
  const resultOf = (judged: readonly Judged[]): TogetherResult | undefined => {
    const worst = judged.toSorted((a, b) => badness(b.result) - badness(a.result))[0];
    if (!worst) return undefined;
    const { model, paired, result } = worst;
    return {
      n: paired.n,
      candidate: paired.n === 0 ? 0 : paired.means.candidate,
      champion: judged.find((one) => one.model === champion)?.paired.means.champion ?? null,
      against: model === champion ? 'champion' : model,
      outcome: result.outcome,
      bound: result.bound,
      words: result.words,
    };
  };

  const slices: SliceResult[] = [];
  const all = new Map<string, Paired>();
  for (const { slice } of await listSlices(ledger, line)) {
    const mine = own.get(slice);
    if (!mine) continue;
    // One slice at a time: all of them are millions of scores in a line's tenth year.
    const kept = (await keptScores(ledger, { line, metric, models, slice })).filter(
      ({ scores }) => scores.length === mine.length,
    );
    await setImmediate();
    for (const { model, scores } of kept) {
      const paired = all.get(model) ?? new Paired(facts);
      all.set(model, paired);
      addPairs(paired, mine, scores);
    }
    const judged = distinct(kept, champion).map(({ model, scores }) =>
      judge(model, addPairs(new Paired(facts), mine, scores), slice),
    );
    const result = resultOf(judged);
    if (result) slices.push({ slice, ...result });
  }
  const everywhere = `all ${slices.length} earlier period${slices.length === 1 ? '' : 's'} together`;
  const together = resultOf([...all].map(([model, paired]) => judge(model, paired, everywhere))) ?? null;
  const compared = { slices, together, require, margin, champions: models.length };
  return {
    line,
    metric,
    margin,
    require,
    candidate,
    champion,
    ancestors: models.length,
    slices,
    together,
    outcome: outcomeOf(compared),
    reasons: inWords(compared),
  };
}

/** The comparison with one model. */
interface Judged {
  model: string;
  paired: Paired;
  result: GuardResult;
}

/** The champion first, and of models with equal scores only one: the comparison would be the same. */
function distinct(kept: readonly SliceScores[], champion: string): SliceScores[] {
  const seen = new Set<string>();
  return kept
    .toSorted((a, b) => Number(b.model === champion) - Number(a.model === champion))
    .filter(({ scores: { buffer, byteOffset, byteLength } }) => {
      const bytes = Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
      return !seen.has(bytes) && seen.add(bytes);
    });
}

/** The worse the outcome and the lower the bound, the larger. */
const badness = ({ outcome, bound }: GuardResult): number =>
  ({ failed: 2e6, 'not proved': 1e6, passed: 0 })[outcome] - (bound ?? 0);

function addPairs(paired: Paired, mine: Float64Array, theirs: Float64Array): Paired {
  const score = (value: number): number | null => (Number.isNaN(value) ? null : value);
  mine.forEach((value, i) => {
    const other = theirs[i] as number;
    // Infinity: a row that was kept back.
    if (value !== Infinity && other !== Infinity) paired.add(score(value), score(other));
  });
  return paired;
}

interface Compared {
  slices: readonly SliceResult[];
  together: TogetherResult | null;
  require: ForgettingParams['require'];
  margin: number;
  champions: number;
}

const withOutcome = (slices: readonly SliceResult[], wanted: GuardResult['outcome']): SliceResult[] =>
  slices.filter(({ outcome }) => outcome === wanted);

function outcomeOf({ slices, together, require }: Compared): GuardResult['outcome'] {
  if (together?.outcome === 'failed' || withOutcome(slices, 'failed').length > 0) return 'failed';
  if (require === 'together') return together?.outcome ?? 'passed';
  return require === 'proof' && withOutcome(slices, 'not proved').length > 0 ? 'not proved' : 'passed';
}

function inWords({ slices, together, require, margin, champions }: Compared): string[] {
  if (!together) return [];
  const firsts = (some: readonly { words: string }[]): string[] => [
    ...some.slice(0, 3).map(({ words }) => `Forgetting: ${words}.`),
    ...(some.length > 3 ? [`Forgetting: so it is on ${some.length - 3} more earlier periods.`] : []),
  ];
  const failed = withOutcome(slices, 'failed');
  if (failed.length > 0) return firsts(failed);
  if (together.outcome === 'failed') return firsts([together]);
  const open = withOutcome(slices, 'not proved');
  if (require === 'proof' && open.length > 0) return firsts(open);
  if (require === 'together' && together.outcome === 'not proved') return firsts([together]);
  const held = `held against ${champions} champion${champions === 1 ? '' : 's'} of the line`;
  const periods = `${slices.length} earlier period${slices.length === 1 ? '' : 's'}`;
  const proved = `${slices.length - open.length} of ${periods}`;
  return [
    require === 'together'
      ? `On the ${together.n} test rows of ${periods} it is proved that no more than ${margin} is lost, ${held}; on those of ${proved} also by themselves, and on none is more proved lost.`
      : `On the test rows of ${proved} it is proved that no more than ${margin} is lost, ${held}.`,
  ];
}
