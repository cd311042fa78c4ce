import { expect, test } from 'vitest';
import type { RagMeasure } from '../../../../configs/judges.ts';
import { averagePrecision } from '../../../../evaluation/judges/methods/rag.ts';
import { judged, judgesOf, judgingOf, rowOf, textOf } from './support.ts';

const contexts = ['Parcels take two days.', 'Shops close at six.', 'Returns are free.'];
const row = rowOf('How long does a parcel take?', 'Two days. Returns are free.', { contexts });
const rows = [{ row, candidate: 'Two days, and it is blue.', champion: 'Two days.' }];
const measure = (name: RagMeasure) => judgesOf({ it: { kind: 'rag', measure: name } });
const verdicts = (...holds: boolean[]): string =>
  JSON.stringify({ verdicts: holds.map((one) => ({ reason: 'seen', holds: one })) });

test('faithfulness is the share of submitted statements that the contexts support', () => {
  const { asked, items } = judged(judgingOf(measure('faithfulness'), rows), (ask) => {
    const text = textOf(ask);
    if (text.includes('Take the text below apart'))
      return JSON.stringify({
        statements: text.includes('blue') ? ['It takes two days.', 'It is\n3. blue.'] : ['It takes two days.'],
      });
    return text.includes('blue') ? verdicts(true, false) : verdicts(true);
  });
  expect(items[0]).toMatchObject({ candidate: { it: 0.5 }, champion: { it: 1 } });
  expect(asked).toHaveLength(4);
  expect(textOf(asked[2]!)).toContain('1. It takes two days.\n2. It is 3. blue.');
});

test('a judge that leaves out a statement has not replied', () => {
  const { items } = judged(judgingOf(measure('faithfulness'), rows), (ask) =>
    textOf(ask).includes('Take the text below apart') ? '{"statements":["a","b","c"]}' : verdicts(true, true),
  );
  expect(items[0]?.candidate['it']).toBeNull();
  expect(items[0]?.why?.['it']).toContain('(at verdicts)');
});

test('an answer that states nothing is unmeasured, one that is missing gets 0', () => {
  const { items } = judged(
    judgingOf(measure('faithfulness'), [{ row, candidate: 'Hello!', champion: null }]),
    () => '{"statements":[]}',
  );
  expect(items[0]).toMatchObject({
    candidate: { it: null },
    champion: { it: 0 },
    why: { it: 'the text makes no statement' },
  });
});

test('context precision looks at the order, and is the same for both', () => {
  const { asked, items } = judged(judgingOf(measure('contextPrecision'), rows), () => verdicts(true, false, true));
  expect(asked).toHaveLength(1);
  expect(items[0]?.candidate['it']).toBeCloseTo((1 + 2 / 3) / 2, 12);
  expect(items[0]?.champion).toEqual(items[0]?.candidate);
  expect(averagePrecision([false, false])).toBe(0);
  expect(averagePrecision([false, true])).toBe(0.5);
});

test('context recall is the share of the reference that the contexts hold', () => {
  const { items } = judged(judgingOf(measure('contextRecall'), rows), (ask) =>
    textOf(ask).includes('Take the text below apart')
      ? '{"statements":["It takes two days.","Returns are free.","It is red."]}'
      : verdicts(true, true, false),
  );
  expect(items[0]?.candidate['it']).toBeCloseTo(2 / 3, 12);
});

test('relevancy is a grade of each answer', () => {
  const { items } = judged(judgingOf(measure('answerRelevancy'), rows), (ask) =>
    JSON.stringify({ reason: 'seen', grade: textOf(ask).includes('blue') ? 0.4 : 0.9 }),
  );
  expect(items[0]).toMatchObject({ candidate: { it: 0.4 }, champion: { it: 0.9 } });
});

test.each([
  [rowOf('q', 'r'), 'the row has no column contexts'],
  [rowOf('q', 'r', { contexts: 7 }), 'the column contexts holds neither a text nor a list of texts'],
  [rowOf('q', '', { contexts }), 'the row names no reference'],
  [
    rowOf('q', 'r', { contexts: Array.from({ length: 101 }, String) }),
    'the row has 101 contexts, more than the 100 that are judged at once',
  ],
])('what is missing in a row is said (%#)', (bad, why) => {
  const { items, asked } = judged(
    judgingOf(measure('contextRecall'), [{ row: bad, candidate: 'x', champion: 'y' }]),
    () => '',
  );
  expect(asked).toHaveLength(0);
  expect(items[0]).toMatchObject({ candidate: { it: null }, why: { it: why } });
});

test('contexts may stand in a table as a text or as JSON', () => {
  const seen = (columns: Record<string, unknown>): number =>
    textOf(
      judged(
        judgingOf(measure('contextPrecision'), [{ row: rowOf('q', 'r', columns), candidate: 'x', champion: 'y' }]),
        () => '',
      ).asked[0]!,
    ).match(/^Context \d+/gm)?.length ?? 0;
  expect(seen({ contexts: 'one text' })).toBe(1);
  expect(seen({ contexts: '["a","b"]' })).toBe(2);
  expect(seen({ contexts: '[not JSON' })).toBe(1);
});
