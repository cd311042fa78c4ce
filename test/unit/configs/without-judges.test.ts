import { expect, test } from 'vitest';
import { Evaluate } from '../../../configs/evaluate.ts';
import { Gate } from '../../../configs/gate.ts';
import type { Recipe } from '../../../configs/recipe.ts';
import { withoutJudges } from '../../../configs/without-judges.ts';
import { recipe } from '../support/ledger.ts';

const generator = { kind: 'endpoint', baseUrl: 'http://127.0.0.1:9/v1', model: 'fake' };
const judge = { kind: 'pairwise', criteria: ['right'], generator };

const withGate = (gate: object): Recipe => ({
  ...recipe,
  evaluate: Evaluate.parse({ judges: { gone: judge, left: judge }, metrics: ['rougeL'] }),
  gate: Gate.parse(gate),
});

test('other primaries go on deciding, with the gain that each has to reach', () => {
  const primaries = [{ metric: 'gone' }, { metric: 'left', minGain: 0.1 }, { metric: 'rougeL' }];
  const found = withoutJudges(withGate({ primaries }), ['gone']);
  expect(found?.recipe.gate.primaries).toEqual([
    { metric: 'left', minGain: 0.1 },
    { metric: 'rougeL', minGain: 0 },
  ]);
  expect(Object.keys(found?.recipe.evaluate.judges ?? {})).toEqual(['left']);
});

test('where the judge decided alone, the metrics do, and its guards and floors go', () => {
  const gate = {
    metric: 'gone',
    minGain: 0.2,
    guards: [
      { metric: 'gone', margin: 0.1 },
      { metric: 'outputTokens', marginShare: 0.1 },
    ],
    floors: [{ metric: 'gone', atLeast: 0.4 }],
  };
  const found = withoutJudges(withGate(gate), ['gone']);
  expect(found?.recipe.gate).toMatchObject({ metric: 'rougeL', minGain: 0, floors: [] });
  expect(found?.recipe.gate.primaries).toBeUndefined();
  expect(found?.recipe.gate.guards.map(({ metric }) => metric)).toEqual(['outputTokens']);
  expect(found?.changes).toEqual([
    'Without gone, the gate decides on rougeL.',
    'The guard on gone is gone.',
    'The floor on gone is gone.',
  ]);
});

test('what people say is not gathered for a judge that is gone', () => {
  const gather = { onInconclusive: 'gather', gather: { what: 'labels' } };
  expect(withoutJudges(withGate({ metric: 'gone', ...gather }), ['gone'])?.recipe.gate.onInconclusive).toBe('stop');
  const guarded = withGate({ metric: 'left', ...gather, guards: [{ metric: 'gone', margin: 0.1 }] });
  expect(withoutJudges(guarded, ['gone'])?.recipe.gate.onInconclusive).toBe('gather');
});

test('nothing is left where nothing else is measured', () => {
  const bare = withGate({ metric: 'gone' });
  expect(withoutJudges({ ...bare, evaluate: { ...bare.evaluate, metrics: [] } }, ['gone'])).toBeUndefined();
});
