import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FaultPlan } from '../../support/google/faults.ts';
import { Journal } from '../../support/google/journal.ts';
import { emptyFolder } from './folder.ts';

test('a rule lets calls pass, happens so often, and is for the calls it names', () => {
  const plan = new FaultPlan([{ on: 'tuningJobs.*', skip: 1, times: 2, error: 'UNAVAILABLE' }]);
  const met = ['models.get', 'tuningJobs.get', 'tuningJobs.create', 'tuningJobs.get', 'tuningJobs.get'];
  expect(met.map((call) => plan.next(call).error)).toEqual([
    undefined,
    undefined,
    'UNAVAILABLE',
    'UNAVAILABLE',
    undefined,
  ]);
});

test('faults by chance are the same each time for the same seed', () => {
  const draw = (seed: number): string => {
    const plan = new FaultPlan([{ probability: 0.3, lostAnswer: true }], seed);
    return Array.from({ length: 200 }, () => (plan.next('any').lostAnswer ? 'x' : '.')).join('');
  };
  expect(draw(1)).toBe(draw(1));
  expect(draw(1)).not.toBe(draw(2));
  expect(draw(1).split('x').length - 1).toBeGreaterThan(40);
});

test('a journal that a kill cut short goes on; two of one folder see each other’s changes', () => {
  const folder = emptyFolder();
  const first = new Journal(folder);
  first.put('colours', 'sky', { is: 'blü' });
  appendFileSync(join(folder, 'state.jsonl'), '[{"kind":"colours","name":"gra');
  const second = new Journal(folder);
  second.put('colours', 'snow', { is: 'white' });
  expect(first.all('colours')).toEqual([
    ['sky', { is: 'blü' }],
    ['snow', { is: 'white' }],
  ]);
  first.remove('colours', 'sky');
  expect(second.get('colours', 'sky')).toBeUndefined();
});
