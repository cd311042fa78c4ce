import type { Measured } from './intervals.ts';

/** What is scored: one answer beside what was expected of it. */
export interface MetricItem {
  /** null: the model gave no answer. It is scored as the worst there is. */
  prediction: string | null;
  /** What would have been right; more than one is a choice. Empty: metrics that compare cannot measure the item. */
  references: readonly string[];
  /** Further fields of the row, for metrics that look at them (`tools`, `toolCalls`, `reference_trajectory`, …). */
  row?: Readonly<Record<string, unknown>>;
}

/** The score of one item; null: it could not be measured, `why` says so. */
export interface Score {
  value: number | null;
  why?: string;
}

/** A metric over all items. `n` counts what was submitted, measured or not. */
export interface Summary extends Measured {
  /** Items that could not be measured: they are in `n`, and count as the worst value. */
  unmeasured: number;
  /** How it was computed, in one line that can be compared: for sacrebleu's metrics its own signature. */
  signature: string;
}

/** A metric with its options filled in. */
export interface Metric {
  /** As it was written, e.g. `bleu:tokenize=intl`. */
  spec: string;
  /** The smallest and largest score of an item; what has no upper end (TER, seconds) gives the nominal one. */
  range: readonly [number, number];
  better: 'higher' | 'lower';
  /** Every score of an item is 0 or 1. */
  isBinary: boolean;
  score(item: MetricItem): Score | Promise<Score>;
  /**
   * The metric of the whole set, out of the items and their scores (same order): the mean, or for metrics that are
   * not means (corpus BLEU, chrF, TER, macro F1) the pooled value with a bootstrap interval under a fixed seed.
   * @throws RangeError when there are no items.
   */
  summary(items: readonly MetricItem[], scores: readonly Score[]): Summary;
}
