import type { ClassificationScores, PrecisionRecall } from '../classification/scores.ts';

/** A label as it should be, beside the label that was given. */
export interface Pair {
  truth: string;
  predicted: string;
}

/** The scores of `classificationScores` that are single figures, without those of each label. */
export type LabelScores = Omit<ClassificationScores, 'perLabel'>;

interface Counts {
  hits: number;
  taken: number;
  support: number;
}

/**
 * The figures of `classificationScores` in time that grows with the items and not with the square of the labels: a
 * model that answers in sentences gives as many labels as there are rows, and an interval needs a thousand resamples.
 */
export function labelScores(pairs: readonly Pair[]): LabelScores {
  const counts = new Map<string, Counts>();
  const of = (label: string): Counts => {
    let found = counts.get(label);
    if (!found) counts.set(label, (found = { hits: 0, taken: 0, support: 0 }));
    return found;
  };
  let right = 0;
  for (const { truth, predicted } of pairs) {
    const expected = of(truth);
    expected.support += 1;
    of(predicted).taken += 1;
    if (truth !== predicted) continue;
    expected.hits += 1;
    right += 1;
  }
  return figures([...counts.values()], pairs.length, right);
}

function figures(labels: readonly Counts[], n: number, right: number): LabelScores {
  const macro = { precision: 0, recall: 0, f1: 0 };
  const weighted = { precision: 0, recall: 0, f1: 0 };
  let [recalls, known, taken2, support2, both] = [0, 0, 0, 0, 0];
  for (const { hits, taken, support } of labels) {
    const precision = taken === 0 ? 0 : hits / taken;
    const recall = support === 0 ? 0 : hits / support;
    add(macro, { precision, recall, f1: (2 * hits) / (taken + support) }, 1 / labels.length);
    add(weighted, { precision, recall, f1: (2 * hits) / (taken + support) }, support / n);
    if (support > 0) {
      recalls += recall;
      known += 1;
    }
    taken2 += taken * taken;
    support2 += support * support;
    both += taken * support;
  }
  const accuracy = right / n;
  const spread = (n * n - taken2) * (n * n - support2);
  return {
    n,
    accuracy,
    balancedAccuracy: recalls / known,
    // Gorodkin 2004, Comput Biol Chem 28:367.
    mcc: spread === 0 ? 0 : (right * n - both) / Math.sqrt(spread),
    micro: { precision: accuracy, recall: accuracy, f1: accuracy },
    macro,
    weighted,
  };
}

function add(sum: PrecisionRecall, one: PrecisionRecall, weight: number): void {
  sum.precision += one.precision * weight;
  sum.recall += one.recall * weight;
  sum.f1 += one.f1 * weight;
}
