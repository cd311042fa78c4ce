import { expect, test } from 'vitest';
import { Slices } from '../../../configs/slices.ts';
import { identify, type TestRow } from '../../../data/row.ts';
import { slicer } from '../../../evaluation/slices.ts';

const row = (
  prompt: string,
  rest: { label?: string; columns?: Record<string, unknown>; reference?: string } = {},
): TestRow => {
  const { reference = 'yes', ...content } = rest;
  return {
    ...identify(
      {
        messages: [
          { role: 'user', content: prompt },
          { role: 'assistant', content: reference },
        ],
        ...content,
      },
      0,
      1,
    ),
    reference,
  };
};
const slicesOf = async (slices: unknown, rows: readonly TestRow[]): Promise<string[][]> => {
  const of = await slicer(Slices.parse(slices), rows);
  return rows.map((one) => of(one));
};

test('a column and the label make a slice of each value; a row without one is in none', async () => {
  const rows = [
    row('a', { columns: { queue: 'billing', urgent: true }, label: 'refund' }),
    row('b', { columns: { queue: '  ', urgent: 0 } }),
    row('c', { columns: { queue: ['x'], toString: 1 } }),
    row('d'),
  ];
  expect(await slicesOf(['queue', 'label', 'urgent'], rows)).toEqual([
    ['queue=billing', 'label=refund', 'urgent=true'],
    ['urgent=0'],
    [],
    [],
  ]);
  expect(await slicesOf(['constructor', '__proto__'], rows)).toEqual([[], [], [], []]);
});

test('the 50 most frequent values are slices of their own and the rest are other', async () => {
  const rows = Array.from({ length: 60 }, (_, i) =>
    row(`p${i}`, { columns: { city: `c${String(i).padStart(2, '0')}` } }),
  );
  rows.push(row('again', { columns: { city: 'c59' } }));
  const found = (await slicesOf(['city'], rows)).flat();
  expect(new Set(found).size).toBe(51);
  expect(found.filter((name) => name === 'city=other').length).toBe(10);
  expect(found[59]).toBe('city=c59');
});

test('values are shown as one line of bounded length', async () => {
  const [[name]] = (await slicesOf(
    ['note'],
    [row('a', { columns: { note: `line\n\u001b[31mtwo ${'x'.repeat(10_000)}` } })],
  )) as [[string]];
  expect(name).toMatch(/^note=line two x+$/);
  expect(name.length).toBeLessThan(90);
});

test('rules look at length, texts, patterns and language, and all conditions have to hold', async () => {
  const rows = [
    row('Where is my parcel? I have been waiting for it since Monday morning.', { reference: 'Lost.' }),
    row('택배가 월요일부터 오지 않고 있습니다. 어디에 있는지 알려 주세요.'),
    row('REFUND 4711'),
  ];
  const found = await slicesOf(
    [
      { name: 'long', when: { minWords: 10 } },
      { name: 'short', when: { maxWords: 3 } },
      { name: 'refund', when: { contains: 'refund' } },
      { name: 'numbered', when: { matches: '\\d{4}' } },
      { name: 'korean', when: { language: 'ko' } },
      { name: 'lost', when: { of: 'reference', contains: 'lost', maxWords: 1 } },
    ],
    rows,
  );
  expect(found).toEqual([['long', 'lost'], ['korean'], ['short', 'refund', 'numbered']]);
});

test('a pattern that backtracks without end is stopped, and named when it holds up many rows', async () => {
  const rows = Array.from({ length: 25 }, () => row(`${'a'.repeat(40)}!`));
  await expect(slicesOf([{ name: 'slow', when: { matches: '^(a+)+$' } }], rows)).rejects.toThrow(
    /of evaluate\.slices \(slow\) takes longer than 100 ms/,
  );
});

test('a language that cannot be told apart is refused', async () => {
  await expect(slicesOf([{ name: 'x', when: { language: 'qq' } }], [row('a')])).rejects.toThrow(
    /names the language "qq"/,
  );
});

test('without slices a row is in none', async () => {
  expect((await slicer(undefined, []))(row('a'))).toEqual([]);
});

test.each([
  [['queue', 'queue'], 'expected each name once'],
  [['a=b'], 'without "="'],
  [[{ name: 'x', when: {} }], 'at least one of'],
  [[{ name: 'x', when: { of: 'prompt' } }], 'at least one of'],
  [[{ name: 'x', when: { matches: '(' } }], 'regular expression'],
  [[{ name: 'a=b', when: { minWords: 1 } }], 'without "="'],
])('%j is refused', (slices, message) => {
  expect(JSON.stringify(Slices.safeParse(slices).error?.issues)).toContain(message.replaceAll('"', String.raw`\"`));
});
