import { simulatedRow, type Learner } from '../../test/support/simulated.ts';
import { createRandom } from '../data/support.ts';

/** Weeks of rows whose truth is known, and how a model learns from them. */
export interface World {
  name: 'no change' | 'slow gain' | 'sudden harm' | 'every week';
  /** In a few words, for the table. */
  about: string;
  learner: Learner;
  /** Classes that there are by a week; weeks are counted from 0. */
  classesIn(week: number): string[];
  /** Classes that a usual week has rows of; a new one is among them. */
  busy: number;
  /** Whether the labels of a week are shuffled. */
  isPoisoned(week: number): boolean;
}

/** Rows of a week; the first has {@link FIRST_ROWS}. */
const WEEK_ROWS = 80;
const FIRST_ROWS = 480;
const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `class-${i + 1}`);

/** A learner that forgets what it is not shown, and that labels can harm. */
const USUAL: Learner = {
  halfway: 6,
  ceiling: 0.95,
  retention: 0.4,
  refresh: 0.3,
  most: 30,
  wrong: 6,
  luck: 0.25,
  training: { mean: 0, deviation: 0 },
};

const noChange: World = {
  name: 'no change',
  about:
    'the first model knows all that rows can teach: every later one is truly as good, and differs in single answers',
  learner: USUAL,
  classesIn: () => named(8),
  busy: 4,
  isPoisoned: () => false,
};

/** Weeks between two new classes. */
const NEW_CLASS_EVERY = 26;

const slowGain: World = {
  name: 'slow gain',
  about: `more rows teach more, and every ${NEW_CLASS_EVERY} weeks a class appears that was never seen`,
  learner: { ...USUAL, halfway: 30, most: 1000, training: { mean: 0, deviation: 0.01 } },
  classesIn: (week) => named(6 + Math.floor(week / NEW_CLASS_EVERY)),
  busy: 4,
  isPoisoned: () => false,
};

/** Weeks with shuffled labels in a row, how often they come, and when first. */
const HARM = { weeks: 4, every: 52, first: 9 } as const;

const suddenHarm: World = {
  name: 'sudden harm',
  about: `as slow gain, but the labels of ${HARM.weeks} weeks in ${HARM.every} are shuffled, first in week ${HARM.first + 1}`,
  learner: slowGain.learner,
  classesIn: slowGain.classesIn,
  busy: 4,
  isPoisoned: (week) => week >= HARM.first && (week - HARM.first) % HARM.every < HARM.weeks,
};

/** For what a line costs in its tenth year: a class is new every week, so that every week is promoted. */
const everyWeek: World = {
  name: 'every week',
  about: 'a class is new every week and nothing is forgotten, so that every week is promoted',
  learner: { halfway: 1, ceiling: 1, retention: 1, luck: 0 },
  classesIn: (week) => named(week + 1),
  busy: 1,
  isPoisoned: () => false,
};

export const WORLDS: readonly World[] = [noChange, slowGain, suddenHarm, everyWeek];

/** Rows of a week: always the same for the same seed. */
export function rowsOf(world: World, week: number, seed: number): { q: string; a: string }[] {
  const random = createRandom(seed * 10_000 + week);
  const all = world.classesIn(week);
  const draw = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const isFirst = week === 0;
  const newest = all.at(-1) as string;
  const isNew = !isFirst && !world.classesIn(week - 1).includes(newest);
  // Some classes a week, a new one among them: what is not shown may be forgotten.
  const busy = new Set(isFirst ? all : isNew ? [newest] : []);
  while (busy.size < Math.min(all.length, world.busy)) busy.add(draw(all));
  const classes = [...busy];
  const count = isFirst ? FIRST_ROWS : WEEK_ROWS;
  return Array.from({ length: count }, (_, i) => {
    const name = classes[i % classes.length] as string;
    const label = world.isPoisoned(week) ? draw(all.filter((other) => other !== name)) : name;
    return simulatedRow(name, `${week + 1}.${i + 1}`, label);
  });
}
