import type { Sample } from '../look/inspect.ts';
import { barChart } from './charts.ts';
import { html, number, percent, table } from './html.ts';
import { facts, figure, page, section } from './page.ts';
import { reasonsOf } from './journey.ts';

/** How varied texts are, each 0 to 1; self-BLEU is high where texts are alike. */
export interface DiversityScores {
  distinct1: number;
  distinct2: number;
  distinct3: number;
  selfBleu: number;
}

/** What a report on synthetic rows shows. */
export interface SynthesisReportInput {
  title: string;
  subtitle?: string | undefined;
  /** When it was made, as it shall be shown. */
  made?: string | undefined;
  asked: number;
  answered: number;
  failed: number;
  /** Asked again because the first request was lost in flight. */
  reasked: number;
  /** Rows that passed every filter and the limits. */
  kept: number;
  /** In the order in which the filters ran. */
  yields: readonly { filter: string; in: number; out: number; reasons: Readonly<Record<string, number>> }[];
  diversity: { before: DiversityScores; after: DiversityScores };
  /** Rows a class. */
  coverage: readonly { label: string; real: number; synthetic: number }[];
  /** `usd` null: no price is known. */
  spending: { promptTokens: number; completionTokens: number; usd: number | null };
  samples?: readonly Sample[] | undefined;
}

/** The report on a synthesis step: one HTML file, the same bytes for the same input. */
export function synthesisReport(input: SynthesisReportInput): string {
  const { spending, yields, coverage } = input;
  const body = html`
    <header>
      <h1>${input.title}</h1>
      ${input.subtitle && html`<p class="soft">${input.subtitle}</p>`}
      ${input.made && html`<p class="soft">Made ${input.made}</p>`}
      ${facts([
        ['Asked', number(input.asked)],
        ['Answered', number(input.answered)],
        ['Failed', number(input.failed)],
        ['Asked again', number(input.reasked)],
        ['Rows kept', number(input.kept)],
        ['Prompt tokens', number(spending.promptTokens)],
        ['Answer tokens', number(spending.completionTokens)],
        [
          'Spent',
          spending.usd === null
            ? 'price unknown'
            : `$${spending.usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`,
        ],
      ])}
    </header>
    ${section('What the filters let through', yieldPart(yields))}
    ${section('Classes before and after', coveragePart(coverage))}
    ${section('Diversity', diversityPart(input.diversity))}
    ${input.samples && section('Samples', samplesPart(input.samples))}
  `;
  return page(`${input.title} – synthesis report`, body);
}

function yieldPart(yields: SynthesisReportInput['yields']) {
  if (yields.length === 0) return html`<p class="none">No filters ran.</p>`;
  const values = yields.flatMap(({ filter, in: came, out }, at) => {
    const name = `${at + 1} ${filter}`;
    return [
      { name, series: 'kept', value: out, color: 'a' as const },
      { name, series: 'removed', value: Math.max(0, came - out), color: 'bad' as const },
    ];
  });
  const rows = yields.map(({ filter, in: came, out, reasons }) => [
    filter,
    number(came),
    number(out),
    came > 0 ? percent(out / came) : '–',
    reasonsOf(reasons),
  ]);
  return html`<div class="charts">
      ${figure(
        'Rows through each filter',
        barChart(values, { unit: 'rows', alt: 'Rows kept and removed by each filter, in order', stacked: true }),
        html`<span class="key a"></span>kept <span class="key bad"></span>removed`,
      )}
    </div>
    ${table(['Filter', 'In', 'Out', 'Yield', 'Reasons'], rows, { numeric: [1, 2, 3] })}`;
}

function coveragePart(coverage: SynthesisReportInput['coverage']) {
  if (coverage.length === 0) return html`<p class="none">Rows have no classes.</p>`;
  // The classes that gained most come first.
  const shown = coverage.toSorted((a, b) => b.synthetic - a.synthetic || (a.label < b.label ? -1 : 1)).slice(0, 20);
  const values = shown.flatMap(({ label, real, synthetic }) => [
    { name: label, series: 'real', value: real, color: 'a' as const },
    { name: label, series: 'synthetic', value: synthetic, color: 'b' as const },
  ]);
  const rows = shown.map(({ label, real, synthetic }) => [
    label,
    number(real),
    number(synthetic),
    number(real + synthetic),
  ]);
  const key = html`<span class="key a"></span>real <span class="key b"></span>synthetic`;
  return html`<div class="charts">
    ${figure(
      'Rows a class',
      barChart(values, { unit: 'rows', alt: 'Real and synthetic rows of each class', stacked: true }),
      html`${key}${coverage.length > 20 && ` · ${number(coverage.length - 20)} more classes are not shown`}`,
    )}
    <div>${table(['Class', 'Before', 'Synthetic', 'After'], rows, { numeric: [1, 2, 3] })}</div>
  </div>`;
}

const SCORES: readonly [name: string, key: keyof DiversityScores][] = [
  ['distinct-1', 'distinct1'],
  ['distinct-2', 'distinct2'],
  ['distinct-3', 'distinct3'],
  ['self-BLEU', 'selfBleu'],
];

function diversityPart({ before, after }: SynthesisReportInput['diversity']) {
  const values = SCORES.flatMap(([name, key]) => [
    { name, series: 'before', value: before[key], color: 'a' as const },
    { name, series: 'after', value: after[key], color: 'b' as const },
  ]);
  const rows = SCORES.map(([name, key]) => [name, number(before[key], 3), number(after[key], 3)]);
  return html`<div class="charts">
    ${figure(
      'Scores',
      barChart(values, { unit: 'score, 0 to 1', alt: 'Diversity before and after' }),
      html`<span class="key a"></span>before <span class="key b"></span>after`,
    )}
    <div>
      ${table(['Score', 'Before', 'After'], rows, { numeric: [1, 2] })}
      <p class="soft">
        distinct-n: share of different runs of n words; more is more varied. self-BLEU: how much texts repeat each
        other; less is more varied.
      </p>
    </div>
  </div>`;
}

function samplesPart(samples: readonly Sample[]) {
  const rows = samples.map((sample) => [
    sample.strategy ?? '–',
    sample.label ?? '–',
    html`<div class="text" dir="auto">${sample.prompt}</div>`,
    html`<div class="text" dir="auto">${sample.answer}</div>`,
  ]);
  return table(['Strategy', 'Class', 'Prompt', 'Answer'], rows, { empty: 'No samples.' });
}
