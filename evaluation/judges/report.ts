import type { Judge, Judges } from '../../configs/judges.ts';
import { mean, proportion, type Measured } from '../../metrics/intervals.ts';
import type { PairLook } from './methods/method.ts';

/** One line of a judge's scores, of the shape of `Scores`: both models on one row; null: not measured. */
export interface JudgedItem {
  id: string;
  candidate: Record<string, number | null>;
  champion: Record<string, number | null>;
  why?: Record<string, string>;
}

/** What is known of one judge after it has judged. */
export interface JudgeSummary {
  kind: Judge['kind'];
  /** Of the artifact that says all that decides its verdicts. */
  digest: string;
  model: string;
  family?: string;
  calibration: Judge['calibration'];
  expiresInDays: number;
  /** How often each row was judged. */
  repeats: number;
  /** Rows that were submitted, and those of them that could not be measured for both models. */
  n: number;
  unmeasured: number;
  /** Share of verdicts for the answer shown first, less a half; over rows whose pair was asked about. */
  slotBias?: Measured;
  /** Share of pairs whose verdict changed with the order. */
  flipRate?: Measured;
  /** Rows, seen from the candidate. */
  wins?: number;
  ties?: number;
  losses?: number;
  /** Of the replies that its scores rest on, whoever paid for them. */
  tokens: number;
}

export interface JudgeReport {
  judges: Record<string, JudgeSummary>;
}

/** What one judge made of all rows. */
export interface Findings {
  digest: string;
  repeats: number;
  tokens: number;
  items: readonly JudgedItem[];
  /** Looks at the pair of a row, one list for each row whose pair was judged in both orders. */
  looks: readonly (readonly PairLook[])[];
}

/** Sums a judge's work up. */
export function summarise(name: string, judge: Judges[string], found: Findings): JudgeSummary {
  const { digest, repeats, tokens, items, looks } = found;
  const { kind, generator, family, calibration, expiresInDays } = judge;
  const scores = items.map(({ candidate, champion }) => [candidate[name] ?? null, champion[name] ?? null] as const);
  const both = scores.filter((pair): pair is readonly [number, number] => pair[0] !== null && pair[1] !== null);
  return {
    kind,
    digest,
    model: generator.model,
    ...(family === undefined ? {} : { family }),
    calibration,
    expiresInDays,
    repeats,
    n: items.length,
    unmeasured: items.length - both.length,
    ...(kind === 'pairwise' ? pairFacts(both, looks) : {}),
    tokens,
  };
}

function pairFacts(
  scores: readonly (readonly [number, number])[],
  looks: Findings['looks'],
): Pick<JudgeSummary, 'slotBias' | 'flipRate' | 'wins' | 'ties' | 'losses'> {
  const count = (is: (candidate: number, champion: number) => boolean): number =>
    scores.filter(([candidate, champion]) => is(candidate, champion)).length;
  return {
    wins: count((ours, theirs) => ours > theirs),
    ties: count((ours, theirs) => ours === theirs),
    losses: count((ours, theirs) => ours < theirs),
    ...(looks.length === 0
      ? {}
      : { slotBias: lessHalf(shareOver(looks.map(slotShare))), flipRate: shareOver(looks.map(flipShare)) }),
  };
}

// Repeats of one row are not independent: each row counts once, with its mean.
const slotShare = (looks: readonly PairLook[]): number =>
  looks.reduce((sum, { slotA }) => sum + slotA, 0) / looks.length;
const flipShare = (looks: readonly PairLook[]): number =>
  looks.filter(({ isFlipped }) => isFlipped).length / looks.length;

/** Wilson's interval for rows that are all or nothing, Student's t otherwise. */
function shareOver(values: readonly number[]): Measured {
  const ones = values.filter((value) => value === 1).length;
  const isBinary = values.every((value) => value === 0 || value === 1);
  return isBinary ? proportion(ones, values.length) : mean(values, [0, 1]);
}

const lessHalf = ({ value, n, ci }: Measured): Measured => ({
  value: value - 0.5,
  n,
  ci: [ci[0] - 0.5, ci[1] - 0.5],
});
