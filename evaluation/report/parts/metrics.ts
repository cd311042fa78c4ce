import { html, table } from '../../../data/report/html.ts';
import { figure } from '../../../data/report/page.ts';
import { first } from '../bounds.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import type { IntervalRow } from '../charts/interval-chart.ts';
import type { Estimate, MetricRow } from '../model.ts';
import { count, interval, spell } from '../numbers.ts';
import { aside, folded, key } from '../part.ts';
import type { Part, Sides } from '../part.ts';

const LISTED = 60;
const DRAWN = 12;

/** Every metric with n and its interval, for both sides; the first ones as dots. */
export function metricsPart(rows: readonly MetricRow[], sides: Sides): Part {
  const { shown, rest } = first(rows, LISTED, 'metrics');
  const hasChampion = shown.some(({ champion }) => champion);
  const hasUnmeasured = shown.some(({ candidate, champion }) => candidate?.unmeasured || champion?.unmeasured);
  const cells = shown.map((row) => [
    html`<span class="name">${row.name}</span>${row.role && html` <span class="soft role">${row.role}</span>`}`,
    measured(row.candidate, row),
    ...(hasChampion ? [measured(row.champion, row)] : []),
    countOf(row, (side) => side?.n),
    ...(hasUnmeasured ? [countOf(row, (side) => side?.unmeasured ?? (side ? 0 : undefined))] : []),
    row.better === 'higher' ? '↑ higher' : '↓ lower',
  ]);
  const numbers = [1, ...(hasChampion ? [2] : []), cells[0] ? cells[0].length - (hasUnmeasured ? 3 : 2) : 3];
  const signed = shown.filter(({ signature }) => signature !== undefined);
  return {
    id: 'metrics',
    title: 'Metrics',
    content: html`
      <p class="soft">
        Value with its two-sided 95 % interval. n counts the items submitted: an item without an answer or without a
        score is in it, and counts as the
        worst.${hasChampion && ` Two counts are of ${sides.candidate} / ${sides.champion}.`}
      </p>
      <div class="charts">${shown.slice(0, DRAWN).flatMap((row) => chartOf(row, sides))}</div>
      ${table(
        [
          'Metric',
          key('a', sides.candidate),
          ...(hasChampion ? [key('b', sides.champion)] : []),
          'n',
          ...(hasUnmeasured ? ['Unmeasured'] : []),
          'Better',
        ],
        cells,
        {
          numeric: hasUnmeasured ? [...numbers, numbers.at(-1)! + 1] : numbers,
          label: 'Metrics',
          rowHeads: true,
          empty: 'Nothing was measured.',
        },
      )}
      ${aside(rest)}
      ${
        signed.length > 0 &&
        folded(
          'How each was computed',
          table(
            ['Metric', 'Signature'],
            signed.map(({ name, signature }) => [name, html`<code>${signature}</code>`]),
            { label: 'Signatures', rowHeads: true },
          ),
        )
      }
    `,
  };
}

const measured = (side: Estimate | undefined, { format }: MetricRow): string => (side ? interval(side, format) : '–');

/** One number where both sides agree, else both. */
function countOf({ candidate, champion }: MetricRow, of: (side: Estimate | undefined) => number | undefined): string {
  const counts = [candidate, champion].filter((side) => side !== undefined).map(of);
  const words = counts.map((value) => (value === undefined ? '–' : count(value)));
  return [...new Set(words)].join(' / ') || '–';
}

function chartOf(row: MetricRow, sides: Sides) {
  const { format, better } = row;
  const both = [
    { side: row.candidate, name: sides.candidate, color: 'a' as const, shape: 'circle' as const },
    { side: row.champion, name: sides.champion, color: 'b' as const, shape: 'square' as const },
  ];
  const dots = both.flatMap(({ side, ...rest }): IntervalRow[] =>
    side && Number.isFinite(side.value)
      ? [{ ...rest, value: side.value, ci: side.ci, text: spell(side.value, format) }]
      : [],
  );
  if (dots.length === 0) return [];
  const isShare = format === 'share';
  const alt = `Dots with intervals: ${dots.map(({ name, text }) => `${name} ${text}`).join(', ')}`;
  return [
    figure(
      row.name,
      intervalChart(dots, { alt, scale: isShare ? 100 : 1, unit: isShare ? '%' : '' }),
      better === 'higher' ? 'Higher is better.' : 'Lower is better.',
    ),
  ];
}
