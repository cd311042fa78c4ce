import { expect, test } from 'vitest';
import { cellOf, scaleOf } from '../../../../evaluation/line/cells.ts';
import { mean, proportion } from '../../../../metrics/intervals.ts';
import { scoresOf } from '../../../support/sample-line.ts';

const usual = scaleOf('exactMatch');

test("scores of 0 and 1 have Wilson's interval, others Student's", () => {
  expect(cellOf(scoresOf(1, 1, 0, 1), usual)).toEqual(proportion(3, 4));
  expect(cellOf(scoresOf(0.2, 0.9, 0.5), usual)).toEqual(mean([0.2, 0.9, 0.5], [0, 1]));
  expect(cellOf(scoresOf(40, 50, 0, 1), scaleOf('bleu'))).toEqual(mean([40, 50, 0, 1], [0, 100]));
});

test('what was not measured counts as the worst, what was not asked does not count', () => {
  expect(cellOf(scoresOf(1, Number.NaN, Infinity, 1), usual)).toEqual(proportion(2, 3));
  expect(cellOf(scoresOf(20, Number.NaN), scaleOf('ter'))).toEqual(mean([20, 100], [0, 100]));
  expect(cellOf(scoresOf(Infinity, -Infinity), usual)).toBeUndefined();
  expect(cellOf(scoresOf(), usual)).toBeUndefined();
});

test('bytes that begin anywhere are read, and a broken last score is left out', () => {
  const bytes = new Uint8Array(1 + 16 + 3);
  bytes.set(scoresOf(1, 0), 1);
  expect(cellOf(bytes.subarray(1), usual)).toEqual(proportion(1, 2));
});

test('a judge, or a metric of one’s own, scores from 0 to 1 where nothing else is known', () => {
  expect(scaleOf('helpful')).toEqual({ range: [0, 1], better: 'higher' });
  expect(cellOf(scoresOf(2, 4), scaleOf('helpful'))).toEqual(mean([2, 4], [0, 4]));
});
