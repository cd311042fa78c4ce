import { brier, expectedCalibrationError } from '../classification/probabilities.ts';
import type { Metric, MetricItem, Score } from '../metric.ts';
import { meanMetric, NO_REFERENCE, pooledMetric, referencesOf } from './kinds.ts';
import { labelScores, type LabelScores, type Pair } from './label-scores.ts';
import { choice, readOptions } from './options.ts';

type Make = (spec: string, written: ReadonlyMap<string, string>) => Metric;

/** Labels are compared as they stand, but for white space around them. */
const labelOf = (text: string): string => text.trim();
/** What an item without an answer has: no label that could be right. */
const NOTHING = '\u0000';

const isRight = (item: MetricItem): Score => {
  const [reference] = referencesOf(item);
  if (reference === undefined) return { value: null, why: NO_REFERENCE };
  return { value: item.prediction !== null && labelOf(item.prediction) === labelOf(reference) ? 1 : 0 };
};

/** Computed of all labels together; the score of an item says whether its label is right. */
function ofLabels(
  { spec, range, signature }: { spec: string; range: readonly [number, number]; signature: string },
  of: (scores: LabelScores) => number,
): Metric {
  return pooledMetric<Pair>(
    { spec, range, better: 'higher', isBinary: true },
    {
      score: isRight,
      statistics: (item) => ({
        truth: labelOf(referencesOf(item)[0] ?? ''),
        predicted: item.prediction === null ? NOTHING : labelOf(item.prediction),
      }),
      value: (items) => of(labelScores(items)),
      signature: () => signature,
    },
  );
}

const averaged =
  (field: 'precision' | 'recall' | 'f1'): Make =>
  (spec, written) => {
    const { average = 'macro' } = readOptions(spec, written, {
      average: choice(['micro', 'macro', 'weighted'] as const),
    });
    return ofLabels(
      { spec, range: [0, 1], signature: `${field}|average:${average}|zero_division:0` },
      (scores) => scores[average][field],
    );
  };

const accuracy: Make = (spec, written) => {
  readOptions(spec, written, {});
  return meanMetric(
    { spec, range: [0, 1], better: 'higher', isBinary: true, signature: 'accuracy|labels:trimmed' },
    (_prediction, _references, item) => isRight(item),
  );
};

const single =
  (field: 'balancedAccuracy' | 'mcc', range: readonly [number, number]): Make =>
  (spec, written) => {
    readOptions(spec, written, {});
    return ofLabels({ spec, range, signature: `${field}|labels:trimmed` }, (scores) => scores[field]);
  };

/** Column of a row with the probability, 0 to 1, that its answer is right, as the model states it. */
const CONFIDENCE = 'confidence';

function stated({ row }: MetricItem): number | undefined {
  const value = row?.[CONFIDENCE];
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}

/** Squared distance of the stated confidence from whether the answer is right. */
const squared = (item: MetricItem): Score => {
  const right = isRight(item);
  const confidence = stated(item);
  if (right.value === null) return right;
  if (item.prediction === null) return { value: 1, why: 'no answer' };
  if (confidence === undefined) return { value: null, why: `the row has no "${CONFIDENCE}" from 0 to 1` };
  return { value: (right.value - confidence) ** 2 };
};

const brierScore: Make = (spec, written) => {
  readOptions(spec, written, {});
  return meanMetric({ spec, range: [0, 1], better: 'lower', isBinary: false, signature: 'brier' }, (_p, _r, item) => {
    const { value } = squared(item);
    if (value === null) return squared(item);
    return brier([isRight(item).value as number], [stated(item) as number]);
  });
};

const ece: Make = (spec, written) => {
  readOptions(spec, written, {});
  return pooledMetric<{ right: number; confidence: number }>(
    { spec, range: [0, 1], better: 'lower' },
    {
      score: squared,
      statistics: (item) =>
        item.prediction === null ? undefined : { right: isRight(item).value ?? 0, confidence: stated(item) ?? 1 },
      value: (items) =>
        expectedCalibrationError(
          items.map(({ right }) => right),
          items.map(({ confidence }) => confidence),
        ),
      signature: () => 'ece|bins:10|width:equal',
    },
  );
};

/** Metrics of labels: the answer is the label, the first reference the right one. */
export const LABELS = {
  accuracy,
  balancedAccuracy: single('balancedAccuracy', [0, 1]),
  precision: averaged('precision'),
  recall: averaged('recall'),
  f1: averaged('f1'),
  mcc: single('mcc', [-1, 1]),
  brier: brierScore,
  ece,
} satisfies Record<string, Make>;
