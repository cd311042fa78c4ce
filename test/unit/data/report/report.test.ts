import * as fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { inspectRows } from '../../../../data/look/inspect.ts';
import type { Row } from '../../../../data/row.ts';
import { dataReport } from '../../../../data/report/report.ts';
import type { DataReportInput } from '../../../../data/report/report.ts';
import { synthesisReport } from '../../../../data/report/synthesis-report.ts';
import type { SynthesisReportInput } from '../../../../data/report/synthesis-report.ts';
import { anyRow, asked } from '../look/rows.ts';

const HOSTILE = `</style></svg><script>alert("1")</script>'"\u0000\u001b[31m\u202eexe`;

async function inputOf(rows: readonly Row[], text: string): Promise<DataReportInput> {
  const found = await inspectRows(rows, { countTokens: () => 12, maxTokens: 8, findPii: () => [{ kind: text }] });
  const { rows: n } = found.statistics;
  return {
    title: text,
    subtitle: text,
    train: found.statistics,
    test: found.statistics,
    tokens: found.tokens,
    policies: [
      {
        policy: text,
        side: 'train',
        in: n + 2,
        out: n,
        changed: 1,
        noted: 0,
        removed: 2,
        reasons: { [text]: 2 },
        findings: { [text]: text, mentions: 5 },
        examples: [{ source: 0, line: 41, reason: text }],
      },
      { policy: 'roles', side: 'test', in: n, out: n, changed: 0, noted: 0, removed: 0, reasons: {}, examples: [] },
    ],
    quarantine: [{ reason: text, rows: 2, places: [{ source: 0, line: 41 }] }],
    leaks: { rows: 1, examples: [{ source: 0, line: 17, reason: text }] },
    pii: found.pii,
    languages: found.languages,
    samples: found.samples,
    sources: [{ uri: text, digest: text, rows: n, bytes: 1024 }],
  };
}

const synthesis = (text: string): SynthesisReportInput => ({
  title: text,
  asked: 20,
  answered: 18,
  failed: 2,
  kept: 40,
  reasked: 1,
  yields: [
    { filter: text, in: 18, out: 12, reasons: { [text]: 6 } },
    { filter: 'dedupe', in: 12, out: 9, reasons: { 'same as a real row': 3 } },
  ],
  diversity: {
    before: { distinct1: 0.2, distinct2: 0.5, distinct3: 0.7, selfBleu: 0.3 },
    after: { distinct1: 0.25, distinct2: 0.55, distinct3: 0.75, selfBleu: 0.28 },
  },
  coverage: [
    { label: text, real: 3, synthetic: 9 },
    { label: 'bug', real: 40, synthetic: 0 },
  ],
  spending: { promptTokens: 1000, completionTokens: 500, usd: null },
});

/** Nothing runs, nothing is asked for, nothing deceives. */
function expectHarmless(page: string): void {
  const { document } = parseHTML(page);
  expect(document.querySelectorAll('script, img, iframe, object, embed, link, a, form, base')).toHaveLength(0);
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of element.attributes) expect(name).not.toMatch(/^(on|src$|href$|xlink:href$)/i);
  }
  // oxlint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(page.isWellFormed()).toBe(true);
  // The page's own style and one for each chart; nothing opened or closed another.
  expect(page.match(/<style/g)).toHaveLength(1 + document.querySelectorAll('figure svg').length);
  expect(page.match(/<\/style>/g)).toHaveLength(page.match(/<style/g)!.length);
}

test('hostile text is shown and stays text, in every part of the data report', async () => {
  const rows = [asked(HOSTILE, HOSTILE.slice(0, 60), 1), asked('b', 'bug', 2, { label: HOSTILE })];
  const page = dataReport(await inputOf(rows, HOSTILE));
  expectHarmless(page);
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
  expect(page).toContain('[U+202E]exe');
});

test('hostile text stays text in the synthesis report', () => {
  const page = synthesisReport(synthesis(HOSTILE));
  expectHarmless(page);
  expect(page).toContain('price unknown');
  expect(page).toContain('66.7 %');
});

test('any rows make a harmless report, the same bytes each time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { maxLength: 8 }), fc.string({ unit: 'binary' }), async (rows, text) => {
      const input = await inputOf(rows, text);
      const page = dataReport(input);
      expectHarmless(page);
      expect(dataReport(input)).toBe(page);
    }),
    { numRuns: 25 },
  );
});

test('an empty set makes a report that says what was not looked at', async () => {
  const { statistics, samples } = await inspectRows([]);
  const page = dataReport({
    title: 'empty',
    train: statistics,
    tokens: 'there is no tokenizer',
    policies: [],
    quarantine: [],
    samples,
    sources: [],
  });
  expectHarmless(page);
  for (const text of ['No policies ran.', 'Not looked for.', 'No row was put aside.', 'there is no tokenizer']) {
    expect(page).toContain(text);
  }
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test('the report tells where rows went, by policy, reason and place', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => asked(`question ${at}`, at % 3 ? 'bug' : 'billing', at + 1));
  const page = dataReport({ ...(await inputOf(rows, 'longer than 8 tokens')), made: '2026-01-05' });
  const { document } = parseHTML(page);
  const cells = [...document.querySelectorAll('tr')].map((row) =>
    [...row.querySelectorAll('td')].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()),
  );
  expect(cells).toContainEqual([
    'longer than 8 tokens',
    'train',
    '32',
    '30',
    '1',
    '0',
    '2',
    'longer than 8 tokens: 2 e.g. 0:41 longer than 8 tokens: longer than 8 tokens; mentions: 5',
  ]);
  expect(cells).toContainEqual(['longer than 8 tokens', '2', '0:41 and 1 more']);
  expect(cells).toContainEqual(['bug', '20', '66.7 %', '20']);
  expect(page).toContain('limit 8');
  expect(page).toContain('30 rows are longer than the limit');
  expect(page).toContain('Made 2026-01-05');
  const charts = [...document.querySelectorAll('svg')].map((chart) => chart.getAttribute('aria-label'));
  expect(charts).toContain('Share of each class in training and test rows');
  expect(charts).toContain('Tokens of training rows, share of rows');
});

test('long samples and long class names are cut', async () => {
  const label = 'a class with a very long name indeed';
  const page = dataReport(await inputOf([asked('x'.repeat(2000), 'y', 1, { label })], 'title'));
  expect(page).not.toContain('x'.repeat(300));
  expect(page).toContain(`${'x'.repeat(299)}…`);
  expect(page).toContain('a class with a very…');
});
