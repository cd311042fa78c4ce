import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { DARK, LIGHT } from '../../../../data/report/theme.ts';
import type { Palette } from '../../../../data/report/theme.ts';
import type { RunReport } from '../../../../evaluation/report/model.ts';
import { runReport } from '../../../../evaluation/report/report.ts';
import { sampleReport } from '../../../support/sample-report.ts';

const head: RunReport['head'] = { title: 't', verdict: { outcome: 'none', reasons: [] } };
const documentOf = (model: Partial<RunReport>) => parseHTML(runReport({ head, ...model })).document;
const clean = (text: string | null | undefined): string => (text ?? '').replaceAll(/\s+/g, ' ').trim();
const rowsOf = (document: ReturnType<typeof documentOf>, at = 0): string[][] =>
  [...document.querySelectorAll('table')[at]!.querySelectorAll('tbody tr')].map((row) =>
    [...row.querySelectorAll('th, td')].map((cell) => clean(cell.textContent)),
  );

test('metrics stand with interval, n, unmeasured items, direction and signature', () => {
  const document = documentOf({ metrics: sampleReport().metrics });
  const rows = rowsOf(document);
  expect(rows[0]).toEqual([
    'exact-match decides',
    '77.1 % (72.8 to 80.9)',
    '71.8 % (67.3 to 75.9)',
    '412',
    '3 / 1',
    '↑ higher',
  ]);
  expect(rows[2]).toEqual([
    'bleu shown only',
    '34.52 (31.90 to 37.18)',
    '33.87 (31.20 to 36.60)',
    '412',
    '0',
    '↑ higher',
  ]);
  expect(rowsOf(document, 1)[2]![1]).toContain('tok:13a');
  expect(document.querySelectorAll('figure svg')).toHaveLength(4);
});

test('the gain stands with bounds, minimum detectable effect, alpha and look', () => {
  const rows = Object.fromEntries(rowsOf(documentOf({ differences: sampleReport().differences })));
  expect(rows).toMatchObject({
    'Mean gain': '+5.3 points',
    'Lower bound, 95 % one-sided': '+2.2 points',
    'Gain asked for': 'more than +1.0 points',
    'Smallest true gain found with probability 80 %': '+4.6 points',
    'Alpha, one-sided': '1.12 %',
    'Look at this test set': '3 of 12 planned',
  });
});

test('guards and floors say what was asked for and what came of it', () => {
  const rows = rowsOf(documentOf({ guards: sampleReport().guards }));
  expect(rows[1]).toEqual([
    'seconds guard',
    '? not proved',
    'It may be slower by up to 0.061 s; 0.05 s are allowed. At 95 %.',
    'not below −0.0500',
    '−0.0180',
    '−0.0610',
    '412',
  ]);
  expect(rows[2]!.slice(3)).toEqual(['at most 5.0 %', '1.9 %', '3.3 %', '540']);
});

test('flips stand apart by direction, largest first, with differing words marked', () => {
  const { flips } = sampleReport();
  const document = documentOf({ flips });
  const groups = [...document.querySelectorAll('#flips ~ h3')].map(({ textContent }) => clean(textContent));
  expect(groups).toEqual(['Better with Candidate', 'Worse with Candidate']);
  const [first, , third] = document.querySelectorAll('.flip');
  const marked = (side: string) => [...first!.querySelectorAll(`mark.${side}`)].map(({ textContent }) => textContent);
  expect(marked('a')[0]).toBe('billing');
  expect(marked('b')[0]).toBe('account access');
  expect(clean(third!.textContent)).toContain('unmeasured No answer came.');
});

test('long answers are shown about their first difference', () => {
  const same = 'alike '.repeat(2_000);
  const item = { ...sampleReport().flips!.items[0]!, candidate: `${same}RIGHT`, champion: `${same}WRONG` };
  const document = documentOf({ flips: { metric: 'm', items: [item] } });
  expect([...document.querySelectorAll('.flip mark')].map(({ textContent }) => textContent)).toEqual([
    'RIGHT',
    'WRONG',
  ]);
  expect(document.querySelector('.answer')!.textContent).toContain('The first 11,800 characters are the same in both.');
});

test('a confusion matrix of many labels keeps the most frequent twenty and adds up', () => {
  const labels = Array.from({ length: 30 }, (_, at) => `label ${at}`);
  const candidate = labels.map((_, actual) => labels.map((_, predicted) => (actual === predicted ? actual : 1)));
  const rows = rowsOf(documentOf({ confusion: { labels, candidate } }));
  expect(rows).toHaveLength(21);
  expect(rows.at(-1)![0]).toBe('other labels');
  const total = rows.reduce((sum, row) => sum + Number(row.at(-1)), 0);
  expect(total).toBe(candidate.flat().reduce((sum, items) => sum + items, 0));
});

test('attack rates have Wilson intervals', () => {
  const attacks = [{ family: 'encodings', language: 'Korean', candidate: { n: 30, hits: 1 } }];
  expect(rowsOf(documentOf({ safety: { attacks } }))).toEqual([
    ['encodings', 'Korean', '1 / 30', '3.3 % (0.6 to 16.7)'],
  ]);
});

test('a sum with an unknown part is a lower bound', () => {
  const rows = rowsOf(documentOf({ cost: sampleReport().cost }));
  expect(rows.at(-1)).toEqual(['All steps', '1 h 10 min', '4,458,530', 'at least $0.42']);
  expect(rows[2]!.at(-1)).toBe('not known');
});

test('lineage is drawn and listed, edges that close a circle too', () => {
  const document = documentOf({ lineage: sampleReport().lineage });
  expect(document.querySelectorAll('svg.graph rect')).toHaveLength(13);
  expect(document.querySelectorAll('svg.graph .edges path')).toHaveLength(13);
  expect(
    rowsOf(document)
      .find(([name]) => name === 'evaluate 22 min')!
      .at(-1),
  ).toBe('tickets@v14 (candidate), tickets@v12 (champion), test rows (test)');
  const nodes = ['a', 'b', 'c'].map((id) => ({ id, kind: 'artifact' as const, label: id }));
  const edges = [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
    ['a', 'a'],
  ].map(([from, to]) => ({ from: from!, to: to! }));
  expect(documentOf({ lineage: { nodes, edges } }).querySelectorAll('.edges path')).toHaveLength(3);
});

test('heads of tables name their column or row', () => {
  const document = parseHTML(runReport(sampleReport())).document;
  for (const head of document.querySelectorAll('th')) expect(head.getAttribute('scope')).toMatch(/^(col|row)$/);
  for (const chart of document.querySelectorAll('svg')) expect(chart.getAttribute('aria-label')).toBeTruthy();
});

test.each([
  ['light', LIGHT],
  ['dark', DARK],
] as const)('text and drawings of the %s theme have enough contrast', (_, palette: Palette) => {
  for (const paper of [palette.paper, palette.card]) {
    for (const text of [palette.ink, palette.soft, palette.bad, palette.good, palette.warn, palette.a])
      expect(contrast(text, paper)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.b, paper)).toBeGreaterThanOrEqual(3);
  }
});

/** WCAG 2.2: (lighter + 0.05) / (darker + 0.05) of relative luminances. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
