import type { Evaluate } from '../../configs/evaluate.ts';
import type { Measure } from '../../configs/refs.ts';

/** What is known of a metric beside its scores. */
export interface MetricFacts {
  range: readonly [number, number];
  better: 'higher' | 'lower';
  /** Every score is 0 or 1. */
  isBinary: boolean;
  /** How it was computed, in one line that can be compared. */
  signature: string;
}

/** A metric over all rows; `n` counts what was submitted, and what is unmeasured counts in it as the worst. */
export interface Total extends Measure {
  unmeasured: number;
}

export interface Compared extends MetricFacts {
  candidate: Total;
  champion: Total;
  /** Mean of the paired differences; above 0: the candidate is better, whichever way the metric goes. */
  gain: Measure;
}

/** What an evaluation found, without its items: those are `Scores`, one line each. */
export interface EvalReport {
  test: string;
  candidate: string;
  champion: string;
  decoding: Evaluate['decoding'];
  items: number;
  metrics: Record<string, Compared>;
}

/** One line of `Scores`: both models on one row; null: not measured, `why` says why by metric. */
export interface ScoredItem {
  id: string;
  slices?: string[];
  candidate: Record<string, number | null>;
  champion: Record<string, number | null>;
  why?: Record<string, string>;
}
