import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { NearDuplicates } from '../../../../configs/policies.ts';
import { nearDuplicates } from '../../../../data/policies/near-duplicates.ts';
import { identify } from '../../../../data/row.ts';
import { anyText, ask, runThrough, whys, worldWith } from './support.ts';

const start = async (settings: object = {}) =>
  nearDuplicates.start(NearDuplicates.parse({ policy: 'nearDuplicates', ...settings }), worldWith());

const LONG =
  'my package should have come on monday but the driver left it with a neighbour who has moved away since and nobody in the house knows where she lives now so please send me another one before the weekend or give me my money back';

test('a prompt that nearly repeats another is reported with its line and similarity', async () => {
  const rows = [ask(LONG, 'a', 12), ask(`${LONG} thanks`, 'b', 13), ask('Something else altogether', 'c', 14)];
  const run = await start();
  const decisions = runThrough(run, rows);
  expect(decisions).toEqual([undefined, { note: 'nearly repeats line 12 (similarity 0.97)' }, undefined]);
  expect(run.findings?.()).toEqual({ nearDuplicates: 1, threshold: 0.8, crowded: 0 });
});

test.each(['drop', 'quarantine'] as const)('%s takes out just the rows that report names', async (action) => {
  const rows = [ask(LONG, 'a', 1), ask(`Well, ${LONG}`, 'a', 2), ask(`Well, ${LONG} thanks`, 'a', 3)];
  const taken = runThrough(await start({ action }), rows);
  expect(taken[1]).toMatchObject({ out: action });
  expect(whys(taken)).toEqual(whys(runThrough(await start(), rows)));
});

test('the answer counts only when the whole row is compared', async () => {
  const other = LONG.split(' ').toReversed().join(' ');
  const rows = [ask(LONG, LONG, 1), ask(LONG, other, 2)];
  expect(whys(runThrough(await start({ of: 'prompt' }), rows))[1]).toBe('nearly repeats line 1 (similarity 1.00)');
  expect(whys(runThrough(await start({ of: 'row' }), rows))[1]).toBeUndefined();
});

test('a system message that all rows share makes no two rows alike', async () => {
  const row = (prompt: string, line: number) =>
    identify(
      {
        messages: [
          { role: 'system', content: LONG },
          { role: 'user', content: prompt },
        ],
      },
      0,
      line,
    );
  expect(whys(runThrough(await start(), [row('first question', 1), row('another one', 2)]))).toEqual([
    undefined,
    undefined,
  ]);
});

test('any rows are taken, and the same rows give the same decisions', async () => {
  const text = fc.oneof(anyText, fc.constantFrom('', LONG, LONG.slice(20), LONG.toUpperCase()));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 20 }), async (texts) => {
      const rows = texts.map((each, i) => ask(each, 'a', i + 1));
      const run = await start();
      const decisions = runThrough(run, rows);
      expect(decisions).toEqual(runThrough(await start(), rows));
      expect(run.findings?.()['nearDuplicates']).toBe(decisions.filter((decision) => decision !== undefined).length);
    }),
  );
});
