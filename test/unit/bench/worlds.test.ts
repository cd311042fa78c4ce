import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { rowsOf, WORLDS, type World } from '../../../bench/continuous/worlds.ts';
import { trueShare, USUAL_LEARNER, type Learner } from '../../support/simulated.ts';

const worldNamed = (name: World['name']): World => WORLDS.find((world) => world.name === name) as World;
const nameIn = (q: string): string => /^about (\S+):/.exec(q)?.[1] ?? '';

test('the weeks of a world are the same for the same seed, and others for another', () => {
  const world = worldNamed('slow gain');
  expect(rowsOf(world, 30, 1)).toEqual(rowsOf(world, 30, 1));
  expect(rowsOf(world, 30, 1)).not.toEqual(rowsOf(world, 30, 2));
});

test('a class that is new in a week has rows in it', () => {
  const world = worldNamed('slow gain');
  const newest = world.classesIn(26).at(-1);
  expect(world.classesIn(25)).not.toContain(newest);
  expect(rowsOf(world, 26, 1).map(({ q }) => nameIn(q))).toContain(newest);
});

test('labels are shuffled in the weeks of harm alone, and then every one is wrong', () => {
  const world = worldNamed('sudden harm');
  const wrong = (week: number): number => rowsOf(world, week, 1).filter(({ q, a }) => nameIn(q) !== a).length;
  expect([8, 9, 12, 13].map(wrong)).toEqual([0, 80, 80, 0]);
});

test('the true share is what endlessly many answers would measure', () => {
  const unit = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16) / 2 ** 48;
  const learner: Learner = { ...USUAL_LEARNER, luck: 0.25 };
  for (const rows of [3, 20, 400]) {
    const share = (learner.ceiling * rows) / (rows + learner.halfway);
    const n = 20_000;
    // As the simulated generator answers.
    const right = Array.from({ length: n }, (_, i) => 0.75 * unit(`row ${i}`) + 0.25 * unit(`model ${i}`) < share);
    const measured = right.filter(Boolean).length / n;
    const truth = trueShare({ rows: { a: rows } }, 'a', learner);
    expect(Math.abs(measured - truth)).toBeLessThan(3 * Math.sqrt(0.25 / n));
  }
  expect(trueShare({ rows: {} }, 'a', learner)).toBe(0);
});
