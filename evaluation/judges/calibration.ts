import type { Judge } from '../../configs/judges.ts';
import { krippendorffAlpha } from '../../metrics/agreement/krippendorff-alpha.ts';
import { mean, proportion, type Measured } from '../../metrics/intervals.ts';
import { ppiMean, type PpiMean } from '../../metrics/inference/ppi.ts';
import { kappaOf, type KappaWeights } from './agreement.ts';
import { lengthBias, selfPreference, sliceBias, type LengthBias, type Residual } from './judge-bias.ts';

/** One answer (or pair) that people labelled and the judge judged; every value from 0 to 1, of a pair for the candidate. */
export interface CalibrationItem {
  id: string;
  labels: readonly { rater: string; value: number }[];
  /** null: the judge could not be read. */
  judge: number | null;
  slices?: readonly string[] | undefined;
  /** Characters of the answer; of a pair, the candidate's less the champion's. */
  length?: number | undefined;
  /** Family of the model that answered; of a pair, the candidate's, and `opponent` the champion's. */
  family?: string | undefined;
  opponent?: string | undefined;
}

/** What a judge has to reach to decide. */
export interface CalibrationBounds {
  /** Kappa with people. @default 0.4 */
  minKappa: number;
  /** Items with labels and a verdict. @default 30 */
  minItems: number;
  /** Share of labelled items without a verdict. @default 0.05 */
  maxUnmeasured: number;
}

export const CALIBRATION_BOUNDS: CalibrationBounds = { minKappa: 0.4, minItems: 30, maxUnmeasured: 0.05 };

export interface CalibrationInput {
  /** Digest of the judge: another prompt, model or setting is another judge. */
  judge: string;
  /** How its values lie: {@link scaleOf}. */
  scale: JudgeScale;
  /** Family of the judging model. */
  family?: string | undefined;
  items: readonly CalibrationItem[];
  /** What the judge said of items without labels; null: could not be read. */
  unlabelled: readonly (number | null)[];
  /** When the labels were compared, and for how long that counts. */
  made: Date;
  expiresInDays: number;
  bounds?: Partial<CalibrationBounds>;
}

/** How far a judge can be trusted; kept as an artifact and bound to the judge's digest. */
export interface Calibration {
  judge: string;
  made: string;
  expires: string;
  bounds: CalibrationBounds;
  /** Items with labels and a verdict; labelled items without one; people. */
  n: number;
  unmeasured: number;
  raters: number;
  weights: KappaWeights;
  /** null: not defined, e.g. when only one thing was ever said. */
  kappa: Measured | null;
  /** Krippendorff's alpha of the judge and all people; of the people alone, when there are two: the most one can ask for. */
  alpha: number | null;
  alphaOfPeople: number | null;
  /** Share of items on which judge and people say the same. */
  agreement: Measured | null;
  /** Mean of judge − people: above 0, the judge is kinder. */
  bias: Measured | null;
  slices: Record<string, Measured>;
  length: LengthBias | null;
  /** How much kinder it is to its own family than to others; null: not to be seen in these items. */
  selfPreference: Measured | null;
  /** Mean that people would give, by PPI++ out of few labels and many verdicts; a verdict that is missing counts as 0. */
  corrected: PpiMean | null;
  passed: boolean;
  /** Why it has not passed, in words. */
  reasons: string[];
}

export interface JudgeScale {
  /** Values from 0 to 1, ascending, between which people and judge can tell. */
  levels: readonly number[];
  weights: KappaWeights;
}

const TENTHS = Array.from({ length: 11 }, (_, i) => i / 10);

/** The scale on which a judge and people are compared; shares, which have no levels of their own, are by tenths. */
export function scaleOf(judge: Pick<Judge, 'kind'> & { scale?: readonly [number, number] }): JudgeScale {
  if (judge.kind === 'pairwise') return { levels: [0, 0.5, 1], weights: 'none' };
  if (!judge.scale) return { levels: TENTHS, weights: 'quadratic' };
  const steps = judge.scale[1] - judge.scale[0];
  return {
    levels: Array.from({ length: steps + 1 }, (_, i) => i / steps),
    weights: steps > 1 ? 'quadratic' : 'none',
  };
}

/**
 * Compares a judge with people. Nothing is left out in silence: what the judge could not say is counted and bounded.
 *
 * @throws RangeError when an item has no label, or a value is not from 0 to 1.
 */
export function calibrate(input: CalibrationInput): Calibration {
  const { judge, scale, family, items, unlabelled, made, expiresInDays } = input;
  const bounds = { ...CALIBRATION_BOUNDS, ...input.bounds };
  for (const item of items) check(item);
  for (const value of unlabelled) if (value !== null) checkValue('a verdict', value);
  const measured = items.filter((item): item is CalibrationItem & { judge: number } => item.judge !== null);
  const residuals: Residual[] = measured.map((item) => ({ item, value: item.judge - peopleOf(item) }));
  const people = measured.map(({ labels }) => placeOf(scale, medianOf(labels.map(({ value }) => value))));
  const judged = measured.map((item) => placeOf(scale, item.judge));
  const n = measured.length;
  const { kappa, ...numbers } = {
    kappa: kappaOf(people, judged, scale.weights),
    ...alphas(scale, items),
    agreement: n === 0 ? null : proportion(people.filter((place, i) => place === judged[i]).length, n),
    bias: biasOf(residuals),
    slices: sliceBias(residuals),
    length: lengthBias(residuals),
    selfPreference: family === undefined ? null : selfPreference(residuals, family),
    corrected:
      items.length < 2 || unlabelled.length === 0
        ? null
        : ppiMean(
            items.map(peopleOf),
            items.map((item) => item.judge ?? 0),
            unlabelled.map((value) => value ?? 0),
          ),
  };
  const reasons = failures(bounds, { n, all: items.length, kappa });
  return {
    judge,
    made: made.toISOString(),
    expires: new Date(made.getTime() + expiresInDays * 86_400_000).toISOString(),
    bounds,
    n,
    unmeasured: items.length - n,
    raters: new Set(items.flatMap(({ labels }) => labels.map(({ rater }) => rater))).size,
    weights: scale.weights,
    kappa,
    ...numbers,
    passed: reasons.length === 0,
    reasons,
  };
}

/** Whether a judge may decide by a calibration; one of another judge is none. */
export function calibrationState(
  calibration: Pick<Calibration, 'judge' | 'passed' | 'expires'> | undefined,
  judge: string,
  now: Date,
): 'valid' | 'expired' | 'failed' | 'none' {
  if (!calibration || calibration.judge !== judge) return 'none';
  if (!calibration.passed) return 'failed';
  return new Date(calibration.expires) > now ? 'valid' : 'expired';
}

function failures(
  { minItems, minKappa, maxUnmeasured }: CalibrationBounds,
  { n, all, kappa }: { n: number; all: number; kappa: Measured | null },
): string[] {
  const missing = all - n;
  return [
    ...(n < minItems ? [`${n} items have labels and a verdict, at least ${minItems} are needed`] : []),
    ...(kappa === null
      ? ['kappa is not defined: people and judge never said more than one thing']
      : kappa.value < minKappa
        ? [`kappa with people is ${kappa.value.toFixed(2)}, at least ${minKappa} is needed`]
        : []),
    ...(all > 0 && missing / all > maxUnmeasured
      ? [`${missing} of ${all} labelled items have no verdict, at most ${100 * maxUnmeasured} % may lack one`]
      : []),
  ];
}

/** One rater a row, one item a column, values by their place on the scale. */
function alphas(scale: JudgeScale, items: readonly CalibrationItem[]): Pick<Calibration, 'alpha' | 'alphaOfPeople'> {
  const raters = [...new Set(items.flatMap(({ labels }) => labels.map(({ rater }) => rater)))];
  const rows = raters.map((rater) =>
    items.map(({ labels }) => {
      const own = labels.filter((label) => label.rater === rater).map(({ value }) => value);
      return own.length === 0 ? null : placeOf(scale, medianOf(own));
    }),
  );
  const judge = items.map((item) => (item.judge === null ? null : placeOf(scale, item.judge)));
  const level = scale.weights === 'none' ? 'nominal' : 'interval';
  const alpha = (data: readonly (readonly (number | null)[])[]): number | null => {
    try {
      return krippendorffAlpha(data, level);
    } catch (error) {
      // Not defined: nothing can be paired, or all say one thing.
      if (error instanceof RangeError) return null;
      throw error;
    }
  };
  return { alpha: alpha([judge, ...rows]), alphaOfPeople: raters.length < 2 ? null : alpha(rows) };
}

/** Place of the level nearest to a value; of two that are equally near, the lower. */
function placeOf({ levels }: JudgeScale, value: number): number {
  let nearest = 0;
  for (const [place, level] of levels.entries())
    if (Math.abs(level - value) < Math.abs(levels[nearest]! - value) - 1e-9) nearest = place;
  return nearest;
}

const peopleOf = ({ labels }: CalibrationItem): number =>
  labels.reduce((sum, { value }) => sum + value, 0) / labels.length;

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const biasOf = (residuals: readonly Residual[]): Measured | null =>
  residuals.length === 0
    ? null
    : mean(
        residuals.map(({ value }) => value),
        [-1, 1],
      );

function check({ id, labels, judge }: CalibrationItem): void {
  if (labels.length === 0) throw new RangeError(`the item ${id} has no label: give it to \`unlabelled\``);
  for (const { value } of labels) checkValue(`a label of item ${id}`, value);
  if (judge !== null) checkValue(`the verdict on item ${id}`, judge);
}

function checkValue(what: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${what} must be from 0 to 1, got ${value}`);
}
