import { expect, test } from 'vitest';
import { crossCheckEvaluation } from '../../../configs/evaluate-check.ts';

const judges = { better: { kind: 'pairwise' }, good: { kind: 'pointwise' } };
const said = (gate: object, evaluate: object = { judges }): string[] =>
  crossCheckEvaluation(evaluate, { onInconclusive: 'gather', ...gate }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
const labels = { gather: { what: 'labels' } };
const needs =
  'gate.gather.what: labels by people need gate.metric to name a judge of evaluate.judges whose kind is pairwise, found';

test('labels need a judge in pairs to decide', () => {
  expect(said({ metric: 'better', ...labels })).toEqual([]);
  expect(said({ metric: 'good', ...labels })).toEqual([`${needs} good, which is pointwise`]);
  expect(said(labels)).toEqual([`${needs} exactMatch`]);
  expect(said({ primaries: [{ metric: 'better' }], ...labels })).toEqual([`${needs} primaries: choose one metric`]);
});

test('a promotion by labels is not confirmed on rows that nobody rated, one by votes is', () => {
  expect(said({ metric: 'better', reserve: 0.2, confirm: true, ...labels })).toEqual([
    'gate.confirm: nobody has rated the rows kept back: a promotion by labels is not confirmed on them',
  ]);
  expect(said({ metric: 'better', reserve: 0.2, confirm: true, gather: { what: 'votes' } })).toEqual([]);
});

test('votes need judges, and items a reserve', () => {
  expect(said({ gather: { what: 'votes' } }, {})).toEqual([
    'gate.gather.what: votes are cast by judges: add one to evaluate.judges',
  ]);
  const reserve = 'needs gate.reserve, a share of the test rows that is kept back: set it, e.g. to 0.3';
  expect(said({})).toEqual([`gate.onInconclusive: ${reserve}`]);
  expect(said({ gather: { what: 'items' } })).toEqual([`gate.onInconclusive: ${reserve}`]);
  expect(said({ reserve: 0.2, gather: 'strange' })).toEqual([]);
});
