import { exactMatch } from './exact-match.ts';
import { mean, proportion, type Measured } from './intervals.ts';
import { tokenF1 } from './token-f1.ts';

/** A metric that scores one answer against one reference, in [0, 1], and sums its scores up with an interval. */
export interface ItemMetric {
  score(prediction: string, reference: string): number;
  summary(scores: readonly number[]): Measured;
}

/** The metrics that a recipe can name. */
export const ITEM_METRICS = {
  exactMatch: {
    score: exactMatch,
    summary: (scores) =>
      proportion(
        scores.reduce((sum, score) => sum + score, 0),
        scores.length,
      ),
  },
  tokenF1: { score: tokenF1, summary: (scores) => mean(scores, [0, 1]) },
} satisfies Record<string, ItemMetric>;
