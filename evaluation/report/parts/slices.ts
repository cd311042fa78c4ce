import { html, Html, table } from '../../../data/report/html.ts';
import { figure } from '../../../data/report/page.ts';
import { first } from '../bounds.ts';
import { intervalChart } from '../charts/interval-chart.ts';
import type { Slices } from '../model.ts';
import { count, isFinite, signed, signedInterval, spell } from '../numbers.ts';
import { aside, key } from '../part.ts';
import type { Part, Sides } from '../part.ts';

const LISTED = 100;
const DRAWN = 20;

/** The metric on parts of the test set. */
export function slicesPart({ metric, format = 'number', rows, note }: Slices, sides: Sides): Part {
  const { shown, rest } = first(rows, LISTED, 'slices');
  const hasChampion = shown.some(({ champion }) => champion !== undefined);
  const hasGain = shown.some(({ gain }) => gain);
  const means = shown.flatMap(({ candidate, champion }) => [candidate, champion]).filter(isFinite);
  const most = format === 'share' ? 1 : Math.max(...means.map(Math.abs), Number.MIN_VALUE);
  const meanCell = (value: number | null | undefined, side: 'a' | 'b') =>
    value === undefined ? '–' : html`${spell(value, format)}${bar(isFinite(value) ? value / most : 0, side)}`;
  const drawn = shown
    .slice(0, DRAWN)
    .flatMap(({ name, gain }) =>
      gain && Number.isFinite(gain.value)
        ? [{ name, value: gain.value, ci: gain.ci, color: 'a' as const, text: signed(gain.value, format) }]
        : [],
    );
  const isShare = format === 'share';
  return {
    id: 'slices',
    title: 'Slices',
    content: html`
      <p class="soft">
        ${metric} on parts of the test set. Many slices are looked at: one that stands out may do so by chance.
      </p>
      ${
        drawn.length > 0 &&
        html`<div class="charts">
          ${figure(
            'Gain of each slice',
            intervalChart(drawn, {
              alt: 'Gain of each slice with its interval',
              unit: isShare ? 'points' : 'gain',
              scale: isShare ? 100 : 1,
              rules: [{ at: 0, name: 'no gain' }],
            }),
            '95 % intervals. Right of the line the candidate is better.',
          )}
        </div>`
      }
      ${table(
        [
          'Slice',
          'n',
          key('a', sides.candidate),
          ...(hasChampion ? [key('b', sides.champion)] : []),
          ...(hasGain ? ['Gain'] : []),
        ],
        shown.map(({ name, n, candidate, champion, gain }) => [
          name,
          count(n),
          meanCell(candidate, 'a'),
          ...(hasChampion ? [meanCell(champion, 'b')] : []),
          ...(hasGain ? [gain ? signedInterval(gain, format) : '–'] : []),
        ]),
        { numeric: [1, 2, 3, 4], label: 'Slices', rowHeads: true, empty: 'There are no slices.' },
      )}
      ${aside(rest)} ${aside(note)}
    `,
  };
}

/** A small bar below a number; `share` of its full width. */
function bar(share: number, side: 'a' | 'b'): Html {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return new Html(`<span class="bar ${side}" aria-hidden="true"><span style="width:${width}%"></span></span>`);
}
