import * as fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import type { RunReport } from '../../../../evaluation/report/model.ts';
import { runReport } from '../../../../evaluation/report/report.ts';
import { reportOfTexts, sampleReport } from '../../../support/sample-report.ts';

const HOSTILE = [
  `</style></svg></title><script>window.__pwned=1</script><img src=x onerror=alert(1)>`,
  `" onmouseover="alert(1)" x='`,
  `javascript:alert(1) <a href="javascript:alert(1)">`,
  `]]><!--<base href=//evil.example><meta http-equiv=refresh content=0>`,
  `\u0000\u001b[31m\u202eexe\u2066\ud800 \udfff`,
].join(' ');

const bare = (outcome: RunReport['head']['verdict']['outcome'] = 'none'): RunReport => ({
  head: { title: 'bare', verdict: { outcome, reasons: [] } },
});

/** Nothing runs, nothing is asked for from elsewhere, nothing deceives. */
function expectHarmless(page: string): void {
  const { document } = parseHTML(page);
  expect(document.querySelectorAll('script, img, iframe, object, embed, link, form, base, image, use')).toHaveLength(0);
  expect(document.querySelectorAll('meta')).toHaveLength(3);
  const attributes = [...document.querySelectorAll('*')].flatMap(({ attributes }) => [...attributes]);
  const valuesOf = (name: string) =>
    attributes.filter((attribute) => attribute.name === name).map(({ value }) => value);
  for (const { name } of attributes) expect(name).not.toMatch(/^(on|src|srcset|action|formaction|ping|xlink)/i);
  // Links lead into the page, to ids that are ours.
  for (const href of valuesOf('href')) expect(href).toMatch(/^#[a-z]+$/);
  for (const style of valuesOf('style')) expect(style).toMatch(/^[a-z0-9 :;%.,()'&#-]*$/i);
  // oxlint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  expect(page.isWellFormed()).toBe(true);
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object /);
  // A style of the page and one a drawn chart; nothing closes or opens another.
  const styles = page.match(/<style/g)!.length;
  expect(page.match(/<\/style>/g)).toHaveLength(styles);
  expect(styles).toBe(1 + document.querySelectorAll('figure svg').length);
}

const titlesOf = (page: string): string[] =>
  [...parseHTML(page).document.querySelectorAll('h2')].map((head) => head.textContent.trim());
const textOf = (page: string): string => parseHTML(page).document.body.textContent.replace(/\s+/g, ' ');

test('hostile text is shown and stays text, in every part', () => {
  const page = runReport(reportOfTexts(HOSTILE));
  expectHarmless(page);
  expect(page).toContain('&lt;script&gt;window.__pwned=1&lt;/script&gt;');
  expect(page).toContain('[U+202E]exe[U+2066]');
  expect(titlesOf(page)).toHaveLength(13);
  // Ids that begin alike stay apart.
  expect(parseHTML(page).document.querySelectorAll('.graph rect')).toHaveLength(13);
});

test('the sample is a harmless page, the same bytes each time', () => {
  const page = runReport(sampleReport());
  expectHarmless(page);
  expect(runReport(sampleReport())).toBe(page);
});

test('any text makes a harmless page', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      const page = runReport(reportOfTexts(text));
      expectHarmless(page);
      expect(titlesOf(page)).toHaveLength(13);
    }),
    { numRuns: 8 },
  );
});

test('the policy forbids scripts and all that is elsewhere', () => {
  const { document } = parseHTML(runReport(sampleReport()));
  const policy = document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content');
  expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
  const css = [...document.querySelectorAll('style')].map((style) => style.textContent).join('');
  expect(css).not.toMatch(/@import|https?:|url\(/);
});

test('only the head is needed: absent parts are left out', () => {
  const page = runReport(bare());
  expectHarmless(page);
  expect(titlesOf(page)).toEqual([]);
  expect(page).not.toContain('<nav');
  expect(titlesOf(runReport({ ...bare(), cost: { rows: [] } }))).toEqual(['Cost']);
});

test('a model alone has no column of a champion', () => {
  const { metrics } = sampleReport();
  const alone = metrics!.map((row) => ({ ...row, champion: undefined }));
  const page = runReport({ ...bare(), metrics: alone });
  expectHarmless(page);
  expect(textOf(page)).not.toContain('Champion');
  expect(textOf(page)).toContain('77.1 % (72.8 to 80.9)');
});

test.each([
  ['promote', '▲', 'Promote'],
  ['reject', '▼', 'Reject'],
  ['inconclusive', '◆', 'Inconclusive'],
  ['none', '–', 'No verdict'],
] as const)('the verdict %s is said with a sign, a word and its reasons first', (outcome, sign, name) => {
  const page = runReport({ head: { title: 't', verdict: { outcome, reasons: ['first why', 'second why'] } } });
  expect(textOf(page)).toMatch(new RegExp(`${sign} ${name} first why second why`));
  expect(textOf(runReport(bare(outcome)))).toContain(name);
});

test('numbers that are missing or no numbers are said to be not known', () => {
  const broken: RunReport = {
    ...bare(),
    metrics: [
      {
        name: 'm',
        better: 'higher',
        candidate: { value: Number.NaN, n: 0 },
        champion: { value: 1, n: 1, ci: [Number.NEGATIVE_INFINITY, Number.NaN] },
      },
    ],
    differences: {
      metric: 'm',
      values: [Number.NaN, 0, Number.POSITIVE_INFINITY],
      n: 3,
      gain: { value: Number.NaN, lower: null, upper: null },
      minGain: 0,
      minimumDetectableEffect: null,
      confidence: 0.95,
    },
    guards: [{ name: 'g', kind: 'guard', margin: 0.1, seen: null, bound: null, outcome: 'not proved' }],
    slices: {
      metric: 'm',
      rows: [{ name: 's', n: 0, candidate: null, champion: Number.NaN, gain: { value: Number.NaN } }],
    },
    confusion: { labels: [], candidate: [] },
    judge: { name: 'j', calibration: { state: 'none' }, pairwise: { win: 0, tie: 0, loss: 0 } },
    safety: { attacks: [{ family: 'f', language: 'l', candidate: { n: 0, hits: 0 } }], overRefusal: {}, bias: [] },
    training: { train: [{ step: 1, loss: Number.NaN }] },
    data: { rowsIn: 0, rowsKept: 0, removed: [], tokens: null, sources: [] },
    lineage: { nodes: [], edges: [{ from: 'a', to: 'b' }] },
    flips: { metric: 'm', items: [] },
    cost: { rows: [{ step: 'x', seconds: null, tokens: null, usd: null }] },
    repeat: {},
  };
  const page = runReport(broken);
  expectHarmless(page);
  expect(textOf(page)).toMatch(/not known/);
  expect(titlesOf(page)).toHaveLength(13);
});

test('10 MB texts make a small page that says what is missing', () => {
  const page = runReport(reportOfTexts('\u202e<x '.repeat(2_500_000)));
  expect(page.length).toBeLessThan(3_000_000);
  expect(textOf(page)).toMatch(/9,998,600 more characters are not shown\./);
});

test('long lists are cut, and the page says by how much', () => {
  const many = <T>(entry: T, n: number): T[] => Array.from({ length: n }, () => entry);
  const sample = sampleReport();
  const page = runReport({
    head: { title: 'many', verdict: { outcome: 'none', reasons: many('why', 1_000) } },
    metrics: many(sample.metrics![0]!, 1_000),
    differences: { ...sample.differences!, values: many(0.5, 1_000_000) },
    guards: many(sample.guards![0]!, 1_000),
    slices: { ...sample.slices!, rows: many(sample.slices!.rows[0]!, 1_000) },
    flips: { metric: 'm', items: [...many(sample.flips!.items[0]!, 900), ...many(sample.flips!.items[3]!, 900)] },
    safety: { attacks: many(sample.safety!.attacks![0]!, 1_000), bias: many(sample.safety!.bias![0]!, 1_000) },
    training: { train: Array.from({ length: 100_000 }, (_, step) => ({ step, loss: 1 / (step + 1) })) },
    data: {
      rowsIn: 1,
      rowsKept: 1,
      removed: many({ reason: 'r', rows: 1 }, 1_000),
      sources: many({ name: 's' }, 1_000),
    },
    lineage: {
      nodes: Array.from({ length: 3_000 }, (_, at) => ({
        id: `${at}`,
        kind: 'artifact' as const,
        label: `${at}`,
        isRoot: at === 2_999,
      })),
      edges: Array.from({ length: 2_999 }, (_, at) => ({ from: `${at}`, to: `${at + 1}` })),
    },
    cost: { rows: many(sample.cost!.rows[1]!, 1_000) },
  });
  expectHarmless(page);
  expect(page.length).toBeLessThan(1_500_000);
  const text = textOf(page);
  expect(parseHTML(page).document.querySelectorAll('.flip')).toHaveLength(50);
  for (const note of [
    '940 more metrics',
    '980 more reasons',
    '900 more slices',
    '800 more rows',
    'The 25 largest of 900.',
    '2,940 more artifacts and steps',
  ])
    expect(text).toContain(note);
});
