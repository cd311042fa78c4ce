import { describe, expect, test } from 'vitest';
import { confusionMatrix } from '../../../../metrics/classification/confusion-matrix.ts';
import { brier, expectedCalibrationError, logLoss } from '../../../../metrics/classification/probabilities.ts';
import { averagePrecision, rocAuc } from '../../../../metrics/classification/ranking.ts';
import { classificationScores } from '../../../../metrics/classification/scores.ts';

const truth = ['cat', 'dog', 'cat', 'bird', 'dog', 'cat'];
const predicted = ['cat', 'cat', 'cat', 'dog', 'dog', 'fish'];

test('a confusion matrix has the truth in rows', () => {
  expect(confusionMatrix(truth, predicted)).toEqual({
    labels: ['bird', 'cat', 'dog', 'fish'],
    counts: [
      [0, 0, 1, 0],
      [0, 2, 0, 1],
      [0, 1, 1, 0],
      [0, 0, 0, 0],
    ],
  });
  expect(() => confusionMatrix([], [])).toThrow('a confusion matrix needs at least one item');
  expect(() => confusionMatrix(['a'], [])).toThrow('a confusion matrix needs lists of equal length, got 1 and 0');
});

test('labels may be names that objects have of themselves', () => {
  expect(confusionMatrix(['__proto__', 'constructor'], ['__proto__', '__proto__']).counts).toEqual([
    [1, 0],
    [1, 0],
  ]);
});

describe('scores of a classifier', () => {
  // scikit-learn 1.9.1: precision_recall_fscore_support(truth, predicted, zero_division=0, average=…), matthews_corrcoef, …
  test('are those of scikit-learn, with labels that only one side knows', () => {
    const found = classificationScores(truth, predicted);
    expect(found).toMatchObject({ n: 6, accuracy: 0.5, micro: { precision: 0.5, recall: 0.5, f1: 0.5 } });
    expect(found.perLabel.map(({ f1 }) => f1)).toEqual([0, 2 / 3, 0.5, 0]);
    expect(found.perLabel.map(({ support }) => support)).toEqual([1, 3, 2, 0]);
    expect(found.macro.f1).toBeCloseTo(0.29166666666666663, 12);
    expect(found.weighted.f1).toBeCloseTo(0.5, 12);
    expect(found.mcc).toBeCloseTo(0.22727272727272727, 12);
    expect(found.balancedAccuracy).toBeCloseTo(0.38888888888888884, 12);
  });

  test('of one class have no correlation', () => {
    expect(classificationScores([1, 1], [1, 1])).toMatchObject({ accuracy: 1, mcc: 0, balancedAccuracy: 1 });
  });
});

describe('scores of probabilities', () => {
  const y = [0, 1, 1, 0, 1, 0];
  const s = [0.1, 0.4, 0.4, 0.4, 0.9, 0];

  // scikit-learn 1.9.1: roc_auc_score, average_precision_score, log_loss, brier_score_loss
  test('are those of scikit-learn, with ties', () => {
    expect(rocAuc(y, s)).toBeCloseTo(0.888888888888889, 12);
    expect(averagePrecision(y, s)).toBeCloseTo(0.8333333333333333, 12);
    expect(logLoss(y, s)).toBeCloseTo(0.4256880198049922, 12);
    expect(brier(y, s)).toBeCloseTo(0.15, 12);
  });

  test('of a sure error stay finite', () => {
    // log_loss([1, 0], [0, 1.], labels=[0, 1])
    expect(logLoss([1, 0], [0, 1])).toBeCloseTo(36.04365338911715, 10);
  });

  test('put a probability on a boundary into the bin above', () => {
    // Bins 0.3 (a one at 0.3, a zero at 0.35) and 0.9 (a one at 1): |1 − 0.65| and |1 − 1|.
    expect(expectedCalibrationError([1, 0, 1], [0.3, 0.35, 1])).toBeCloseTo(0.35 / 3, 12);
    expect(expectedCalibrationError([1], [0.25], 1)).toBeCloseTo(0.75, 12);
  });

  test('need ones and zeros for a ROC curve', () => {
    expect(() => rocAuc([1, 1], [0.1, 0.2])).toThrow('the area under a ROC curve needs ones and zeros, got only ones');
    expect(averagePrecision([0, 0], [0.1, 0.2])).toBe(0);
  });

  test.each([brier, logLoss, expectedCalibrationError])('refuse what is no probability', (score) => {
    expect(() => score([1], [1.1])).toThrow('must be from 0 to 1, got 1.1');
    expect(() => score([0.5], [0.5])).toThrow('must be 0 or 1, got 0.5');
    expect(() => score([], [])).toThrow('needs at least 1 value, got 0');
    expect(() => score([1], [Number.NaN])).toThrow('needs finite numbers, got NaN at 0');
  });
});
