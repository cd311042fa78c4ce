import type { DataInspection, Finding } from '../look/inspect.ts';
import type { Lengths } from '../look/lengths.ts';
import type { DatasetStatistics } from '../look/statistics.ts';
import { barChart, histogramChart } from './charts.ts';
import { html, number, percent, table } from './html.ts';
import type { Html } from './html.ts';
import { placesOf } from './journey.ts';
import { figure } from './page.ts';

const CLASSES_SHOWN = 14;

/** How rows spread over classes, both sides beside each other. */
export function classes(train: DatasetStatistics, test: DatasetStatistics | undefined): Html[] {
  if (train.labels.by === 'none') {
    return [html`<p class="none">No classes: rows have no label, and answers are long or too many.</p>`];
  }
  const shown = train.labels.top.slice(0, CLASSES_SHOWN);
  const sharesOf = ({ labels }: DatasetStatistics) => new Map(labels.top.map(({ label, share }) => [label, share]));
  const sides = [
    { series: 'train', color: 'a' as const, shares: sharesOf(train) },
    ...(test && test.labels.by !== 'none' ? [{ series: 'test', color: 'b' as const, shares: sharesOf(test) }] : []),
  ];
  const values = shown.flatMap(({ label }) =>
    sides.map(({ series, color, shares }) => ({ name: label, series, value: shares.get(label) ?? 0, color })),
  );
  const testRows = new Map(test?.labels.top.map(({ label, rows }) => [label, rows]));
  // A class that is not among the first of the test set is not known to have no rows there.
  const unlisted = test && test.labels.others.labels === 0 && test.labels.by !== 'none' ? '0' : '–';
  const testRowsOf = (label: string) => (testRows.has(label) ? number(testRows.get(label)!) : unlisted);
  const more = train.labels.different - shown.length;
  const rows = shown.map(({ label, rows, share }) => [label, number(rows), percent(share), testRowsOf(label)]);
  const { unlabelled } = train.labels;
  const alt = 'Share of each class in training and test rows';
  const key = html`<span class="key a"></span>train ${sides.length > 1 && html`<span class="key b"></span>test`}`;
  return [
    html`<div class="charts">
      ${figure(
        'Share of each class',
        barChart(values, { unit: '% of rows with a class', alt, percent: true }),
        html`${key}${more > 0 && ` · ${number(more)} more classes are not shown`}`,
      )}
      <div>
        ${table(['Class', 'Train', 'Share', 'Test'], rows, { numeric: [1, 2, 3] })}
        ${unlabelled > 0 && html`<p class="soft">${number(unlabelled)} training rows have no class.</p>`}
      </div>
    </div>`,
  ];
}

/** How long texts are, in characters and tokens. */
export function lengths(
  train: DatasetStatistics,
  test: DatasetStatistics | undefined,
  tokens: DataInspection['tokens'] | undefined,
): Html[] {
  const chart = (title: string, a: Lengths | null, b: Lengths | null | undefined, unit: string): Html | false => {
    const sides = [
      ...(a ? [{ name: 'train', bars: a.histogram, color: 'a' as const }] : []),
      ...(b ? [{ name: 'test', bars: b.histogram, color: 'b' as const }] : []),
    ];
    return (
      sides.length > 0 &&
      figure(
        title,
        histogramChart(sides, { unit, alt: `${title}, share of rows` }),
        'Share of rows, bars equally wide on a log scale.',
      )
    );
  };
  const row = (name: string, lengths: Lengths | null | undefined): string[][] => {
    if (!lengths) return [];
    const { n, mean, median, p95, max } = lengths;
    return [[name, ...[n, mean, median, p95, max].map((value) => number(value, value < 10 ? 1 : 0))]];
  };
  const counted = typeof tokens === 'object' ? tokens : undefined;
  return [
    html`<div class="charts">
      ${chart('Prompt', train.prompt, test?.prompt, 'characters')}
      ${chart('Answer', train.answer, test?.answer, 'characters')}
      ${chart('Documents', train.document, test?.document, 'characters')}
      ${counted?.lengths && tokenFigure(counted.lengths, counted.limit, counted.over)}
    </div>`,
    table(
      ['', 'Rows', 'Mean', 'Median', '95 %', 'Longest'],
      [
        ...row('Prompt, train (characters)', train.prompt),
        ...row('Prompt, test (characters)', test?.prompt),
        ...row('Answer, train (characters)', train.answer),
        ...row('Answer, test (characters)', test?.answer),
        ...row('Documents, train (characters)', train.document),
        ...row('Whole row, train (tokens)', counted?.lengths),
      ],
      { numeric: [1, 2, 3, 4, 5], empty: 'No row holds a text.' },
    ),
    html`<p class="soft">
      Median and 95 % are off by at most 5 %. ${typeof tokens === 'string' ? `Tokens were not counted: ${tokens}` : ''}
    </p>`,
  ];
}

function tokenFigure(lengths: Lengths, limit: number | null, over: Finding): Html {
  const line = limit === null ? undefined : { at: Math.max(1, limit), name: `limit ${number(limit)}` };
  const alt = 'Tokens of training rows, share of rows';
  const caption =
    limit === null
      ? 'Chat template included; no limit is known.'
      : over.rows === 0
        ? 'Chat template included; no row is longer than the limit.'
        : `Chat template included; ${number(over.rows)} rows are longer than the limit: ${placesOf(over.places, over.rows)}`;
  const sides = [{ name: 'train', bars: lengths.histogram, color: 'a' as const }];
  return figure('Tokens', histogramChart(sides, { unit: 'tokens', alt, limit: line }), caption);
}
