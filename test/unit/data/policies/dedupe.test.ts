import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { dedupe } from '../../../../data/policies/dedupe.ts';
import { identify } from '../../../../data/row.ts';
import { ask, runThrough, whys, worldWith } from './support.ts';

const start = async (by: 'row' | 'prompt' = 'row') => dedupe.start({ policy: 'dedupe', by }, worldWith());

test('the first of equal rows stays, whatever the white space, and the others say where it stands', async () => {
  const rows = [ask('Hi there', 'Hello', 12), ask(' Hi\n there', 'Hello ', 13), ask('Hi there', 'Hello', 2, 1)];
  const decisions = runThrough(await start(), rows);
  expect(whys(decisions)).toEqual([undefined, 'repeats line 12', 'repeats line 12 of file 1']);
  expect(decisions[1]).toMatchObject({ out: 'drop' });
});

test('another answer or another case is another row', async () => {
  const rows = [ask('Hi', 'Hello', 1), ask('Hi', 'hello', 2), ask('hi', 'Hello', 3)];
  expect(whys(runThrough(await start(), rows))).toEqual([undefined, undefined, undefined]);
});

test('by prompt no prompt has two answers', async () => {
  const rows = [ask('Hi', 'Hello', 1), ask('Hi', 'Bye', 2), ask('Ho', 'Hello', 3)];
  expect(whys(runThrough(await start('prompt'), rows))).toEqual([undefined, 'has the prompt of line 1', undefined]);
});

test('documents ask nothing, so that by prompt only the same text is a repeat', async () => {
  const document = (text: string, line: number) => identify({ messages: [], document: { text } }, 0, line);
  const rows = [document('one', 1), document('two', 2), document('one', 3)];
  expect(whys(runThrough(await start('prompt'), rows))).toEqual([undefined, undefined, 'repeats line 1']);
});

test('of any rows exactly one of each kind stays, the first', async () => {
  const word = fc.constantFrom('a', 'b', 'c', ' a', '\ud800', '');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(word, word), { maxLength: 40 }), async (pairs) => {
      const rows = pairs.map(([prompt, answer], i) => ask(prompt, answer, i + 1));
      const stay = runThrough(await start(), rows).map((decision) => decision === undefined);
      expect(stay).toEqual(rows.map((row, i) => rows.findIndex(({ id }) => id === row.id) === i));
    }),
  );
});
