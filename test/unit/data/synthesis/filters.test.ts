import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterList, type AnyFilter } from '../../../../configs/synthesis-filters.ts';
import type { Policy } from '../../../../data/policies/policy.ts';
import type { Row } from '../../../../data/row.ts';
import { checkAnswer } from '../../../../data/synthesis/answer.ts';
import { policyFilter, type Candidate, type FilterWorld } from '../../../../data/synthesis/filter.ts';
import { wordF1 } from '../../../../data/synthesis/filters/agreement.ts';
import { rangeOfLengths } from '../../../../data/synthesis/filters/match.ts';
import { runFilters, type AskAll, type Filtered } from '../../../../data/synthesis/run-filters.ts';
import { candidate, chat, givenOf, triage, triageGiven, triageRows, worldOf } from './support.ts';

const nobody: AskAll = async () => {
  throw new Error('nobody is to be asked');
};

async function run(
  filters: Record<string, unknown>[],
  candidates: Candidate[],
  world: FilterWorld = worldOf(triageGiven),
  askAll: AskAll = nobody,
): Promise<Filtered> {
  const filtered = await runFilters(FilterList.parse(filters), candidates, world, askAll);
  expect(filtered.accepted.length + filtered.rejected.length).toBe(candidates.length);
  let left = candidates.length;
  for (const { in: before, out, reasons } of filtered.yields) {
    expect(before).toBe(left);
    expect(Object.values(reasons).reduce((sum, n) => sum + n, 0)).toBe(out);
    left -= out;
  }
  expect(left).toBe(filtered.accepted.length);
  return filtered;
}

const texts = ({ accepted }: Filtered): unknown[] => accepted.map(({ row }) => row.messages[0]?.content);
const reasons = ({ rejected }: Filtered): string[] => rejected.map(({ reason }) => reason);

test('rules look at patterns, words and the class', async () => {
  const rows = [
    triage('order 12345 is late', 'delivery', 1),
    triage('order twelve is late', 'delivery', 2),
    triage('order 12345 was a FRAUD', 'delivery', 3),
    triage('order 12345 is lost', 'lost and found', 4),
    triage('12345', 'delivery', 5),
    triage('order 12345: call http://x', 'delivery', 6),
  ];
  const filtered = await run(
    [{ filter: 'rules', must: ['\\d{5}'], mustNot: ['https?://'], words: ['Order'], forbidden: ['fraud'] }],
    rows.map((row) => candidate(row)),
  );
  expect(texts(filtered)).toEqual(['order 12345 is late']);
  expect(reasons(filtered)).toEqual([
    'does not match what it must',
    'holds a word that must not occur',
    'its class is not known',
    'lacks a word that has to occur',
    'matches what it must not',
  ]);
});

test('a class that so far has failures alone is known', async () => {
  const world = worldOf({ ...triageGiven, failures: new Map([['refund', 2]]) });
  const rows = ['refund', 'nothing', 'billing'].map((queue, i) => candidate(triage(`m ${i}`, queue, i)));
  expect((await run([{ filter: 'rules' }], rows, world)).accepted.map(({ row }) => row.label)).toEqual([
    'refund',
    'billing',
  ]);
  expect((await run([{ filter: 'rules', knownLabel: false }], rows, world)).accepted).toHaveLength(3);
});

test('a pattern that backtracks without end is stopped, and blamed when it goes on', async () => {
  const evil = (n: number) =>
    Array.from({ length: n }, (_, i) => candidate(triage(`${'a'.repeat(50)}! ${i}`, 'billing', i)));
  const filters = [{ filter: 'rules', of: 'prompt', must: ['^(a+)+$'] }];
  const filtered = await run(filters, evil(2));
  expect(reasons(filtered)).toEqual(['a pattern takes too long on it', 'a pattern takes too long on it']);
  await expect(run(filters, evil(30))).rejects.toThrow(
    'the pattern "^(a+)+$" of synthesize.filters (rules) takes longer than 100 ms on many rows: write it without nested repeats such as (a+)+',
  );
});

test('rows that say what a real or an earlier synthetic row says are out, exactly or nearly', async () => {
  const long =
    'my parcel with the blue kettle was to come last monday and the driver says that nobody was at home then';
  const rows = [
    triage('where is my parcel number 3', 'delivery', 1),
    triage('where  is my parcel\nnumber 3', 'delivery', 2),
    triage(long, 'delivery', 3),
    triage(`${long} again`, 'delivery', 4),
    triage(long, 'delivery', 5),
    triage('quite another thing', 'account', 6),
  ].map((row) => candidate({ ...row, source: 1 }));
  const near = await run([{ filter: 'dedupe', near: 'all' }], rows);
  expect(texts(near)).toEqual([long, 'quite another thing']);
  expect(near.yields[0]?.reasons).toEqual({ 'repeats a row': 3, 'nearly repeats a row': 1 });
  expect(near.rejected[0]?.detail).toContain('line 4');
  expect(texts(await run([{ filter: 'dedupe', near: 'none' }], rows))).toEqual([
    long,
    `${long} again`,
    'quite another thing',
  ]);
});

test('rows of a grammar, which are alike by design, are told apart exactly unless told otherwise', async () => {
  const rows = [1, 2, 3].map((n) =>
    candidate(triage(`the parcel with the blue kettle was to come on monday ${n}`, 'delivery', n)),
  );
  const asked = rows.map(({ row, ask }) => ({
    row,
    ask: { ...ask, messages: [{ role: 'user' as const, content: 'Write a row.' }] },
  }));
  const filter = { filter: 'dedupe', threshold: 0.7 };
  expect((await run([filter], rows)).accepted).toHaveLength(3);
  expect((await run([filter], asked)).accepted).toHaveLength(1);
  expect((await run([{ ...filter, near: 'all' }], rows)).accepted).toHaveLength(1);
});

test('rows that repeat a test row are out, whatever their line breaks', async () => {
  const tested = triage('the kettle that I ordered in may came without its lid and nobody answers', 'billing', 1);
  const world = worldOf(triageGiven, { evalSets: [{ digest: 'd', name: 'test', rows: [tested] }] });
  const leak = triage('The kettle that I ordered in May\ncame without its lid, and nobody answers!', 'delivery', 1);
  const filtered = await run([{ filter: 'decontaminate' }], [candidate(leak), candidate(triageRows[0] as Row)], world);
  expect(reasons(filtered)).toEqual(['repeats a test row']);
});

test('rows unlike the real ones of their class in length or language are out', async () => {
  const real = Array.from({ length: 40 }, (_, i) =>
    triage(`the parcel number ${i} that you sent to my house last week has never arrived here`, 'delivery', i + 1),
  );
  const world = worldOf(givenOf(real));
  const rows = [
    triage('the red parcel that you sent to my office in march has never been seen by anybody', 'delivery', 1),
    triage('parcel?', 'delivery', 2),
    triage('the parcel '.repeat(50), 'delivery', 3),
    triage('das Paket, das Sie mir letzte Woche geschickt haben, ist noch immer nicht hier', 'delivery', 4),
    triage('the parcel that you sent to my house has never arrived, and I want my money', 'a very long class name', 5),
  ];
  const filtered = await run(
    [{ filter: 'match' }],
    rows.map((row) => candidate(row)),
    world,
  );
  expect(reasons(filtered)).toEqual([
    'its prompt is too short',
    'its prompt is too long',
    'is in another language',
    'its answer is too long',
  ]);
  expect(filtered.findings).toEqual({ match: { languages: ['en'], classesWithOwnRange: 1 } });
});

test('the central range leaves the ends out and is widened by the slack', () => {
  const lengths = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(rangeOfLengths(lengths, 1, 1)).toEqual([1, 100]);
  expect(rangeOfLengths(lengths, 0.9, 1)).toEqual([6, 95]);
  expect(rangeOfLengths(lengths, 0.9, 2)).toEqual([3, 190]);
  expect(rangeOfLengths([7], 0.5, 1)).toEqual([7, 7]);
});

test('agreement asks each row k times, and keeps those whose answer comes back', async () => {
  const rows = [triageRows[0] as Row, triageRows[12] as Row, triageRows[18] as Row].map((row) => candidate(row));
  const replies = [
    ['delivery', 'delivery', 'billing'],
    ['account', 'billing', 'account'],
    [undefined, undefined, undefined],
  ].flat();
  let asked = 0;
  const filtered = await run([{ filter: 'agreement', generator: 'g' }], rows, worldOf(triageGiven), async (asks) => {
    asked = asks.length;
    expect(asks.map(({ index }) => index)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(asks[0]?.schema).toMatchObject({ properties: { answer: { enum: ['account', 'billing', 'delivery'] } } });
    expect(asks[0]?.messages).toEqual(asks[1]?.messages);
    return replies.map((answer) => (answer === undefined ? undefined : { answer }));
  });
  expect(asked).toBe(9);
  expect(texts(filtered)).toEqual(['where is my parcel number 0']);
  expect(reasons(filtered)).toEqual(['samples do not agree', 'no sample could be read']);
});

test('answers in free text agree by their shared words', () => {
  expect(wordF1('Hold the button.', 'hold THE button')).toBe(1);
  expect(wordF1('hold the red button', 'hold the button')).toBeCloseTo(6 / 7);
  expect(wordF1('yes', 'no')).toBe(0);
  expect(wordF1('?', '?')).toBe(1);
});

test('a judge lets through what reaches the threshold; without a score nothing passes', async () => {
  const rows = Array.from({ length: 4 }, (_, i) => candidate(chat(`question ${i}`, `answer ${i}`, i)));
  const filtered = await run([{ filter: 'judge', generator: 'g' }], rows, worldOf(givenOf([])), async (asks) =>
    asks.map((ask, i) => {
      const reply = ['{"reason": "fine", "score": 4}', '{"reason": "bad", "score": 3}', '{"score": 5}', 'Five!'][
        i
      ] as string;
      expect(Object.keys(ask.schema['properties'] as object)).toEqual(['reason', 'score']);
      const reading = checkAnswer(ask, reply);
      return 'value' in reading ? reading.value : undefined;
    }),
  );
  expect(texts(filtered)).toEqual(['question 0']);
  expect(filtered.rejected.map(({ reason, detail }) => detail ?? reason)).toEqual([
    '3: bad',
    'no score could be read',
    'no score could be read',
  ]);
});

test('the same row is asked about in the same words wherever it stands', async () => {
  const rows = triageRows.slice(0, 4).map((row) => candidate(row));
  const ask = async (some: Candidate[]): Promise<string[]> => {
    const keys: string[] = [];
    await run([{ filter: 'judge', generator: 'g' }], some, worldOf(triageGiven), async (asks) => {
      keys.push(...asks.map((one) => JSON.stringify(one)));
      return asks.map(() => undefined);
    });
    return keys;
  };
  expect((await ask(rows.toReversed())).toSorted()).toEqual((await ask(rows)).toSorted());
});

test('a rule of preparation sees real rows before candidates, and may change a row', async () => {
  const seen: string[] = [];
  const toy: Policy<{ word: string }> = {
    name: 'toy',
    side: 'all',
    start: ({ word }) => ({
      observe: (row) => void seen.push(`saw ${row.line}`),
      apply: (row) => {
        seen.push(`judged ${row.line}`);
        if (row.line === 1) return { out: 'drop', why: 'of line 1' };
        return row.line === 2 ? { row: { ...row, label: word }, why: 'changed' } : { note: 'noticed' };
      },
      findings: () => ({ seen: seen.length }),
    }),
  };
  const filter = policyFilter(toy, 'is out', { remembers: true });
  const given = givenOf([triage('real', 'a', 99)]);
  const started = await filter.start({ word: 'new' }, worldOf(given));
  const rows = [1, 2, 3].map((line) => candidate(triage(`row ${line}`, 'a', line)));
  for (const row of rows) started.observe?.(row);
  const verdicts = rows.map((row) => started.apply(row));
  expect(verdicts[0]).toEqual({ out: 'is out', detail: 'of line 1' });
  expect(verdicts[1]).toMatchObject({ row: { line: 2, label: 'new' } });
  expect(verdicts[2]).toBeUndefined();
  expect(seen).toEqual(['saw 99', 'saw 1', 'saw 2', 'saw 3', 'judged 99', 'judged 1', 'judged 2', 'judged 3']);
  expect(started.findings?.()).toEqual({ seen: 8 });
});

test('whatever rows say, every filter lets each through or counts it, and what passes has its origin', async () => {
  const text = fc.string({ unit: 'binary' });
  const filters: AnyFilter[] = FilterList.parse([
    { filter: 'rules', mustNot: ['x{3}'] },
    { filter: 'dedupe' },
    { filter: 'decontaminate' },
    { filter: 'match' },
    { filter: 'agreement', generator: 'g' },
    { filter: 'judge', generator: 'g' },
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(text, text)),
      fc.array(fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 5 }))),
      async (pairs, scores) => {
        const rows = pairs.map(([message, queue], i) => candidate(triage(message, queue, i + 1)));
        const filtered = await run(filters, rows, worldOf(triageGiven), async (asks) =>
          asks.map((_, i) =>
            scores[i] === undefined ? undefined : { answer: pairs[0]?.[1] ?? '', reason: 'r', score: scores[i] },
          ),
        );
        expect(filtered.accepted.every(({ row }) => row.origin !== undefined)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
