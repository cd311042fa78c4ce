import type { PolicyAccount } from '../account.ts';
import { cut } from '../look/cut.ts';
import type { Place } from '../look/places.ts';
import { barChart } from './charts.ts';
import type { NamedValue } from './charts.ts';
import { html, number, table } from './html.ts';
import type { Html } from './html.ts';
import { figure } from './page.ts';

/** What each policy let through: a chart for each side and one table. */
export function journey(policies: readonly PolicyAccount[]): Html[] {
  const charts = (['train', 'test'] as const).flatMap((side) => {
    const own = policies.filter((account) => account.side === side);
    if (own.length === 0) return [];
    // A rule can stand in the list twice.
    const values = own.flatMap((account, at): NamedValue[] => {
      const name = `${at + 1} ${account.policy}`;
      return [
        { name, series: 'kept', value: account.out, color: side === 'train' ? 'a' : 'b' },
        { name, series: 'removed', value: account.removed, color: 'bad' },
      ];
    });
    const title = side === 'train' ? 'Training rows' : 'Test rows';
    const alt = `${title} kept and removed by each policy, in order`;
    return [
      figure(
        title,
        barChart(values, { unit: 'rows', alt, stacked: true }),
        html`<span class="key ${side === 'train' ? 'a' : 'b'}"></span>kept <span class="key bad"></span>removed`,
      ),
    ];
  });
  const rows = policies.map((account) => [
    account.policy,
    account.side,
    number(account.in),
    number(account.out),
    number(account.changed),
    number(account.noted),
    number(account.removed),
    detailsOf(account),
  ]);
  return [
    html`<div class="charts">${charts}</div>`,
    table(['Policy', 'Side', 'In', 'Out', 'Changed', 'Noted', 'Removed', 'Reasons'], rows, {
      numeric: [2, 3, 4, 5, 6],
      empty: 'No policies ran.',
    }),
  ];
}

/** Why rows went, where the first ones stand, and what else was found. */
function detailsOf({ reasons, examples, findings = {} }: PolicyAccount): Html {
  const places = placesOf(examples.slice(0, 5), Math.min(5, examples.length));
  const found = Object.entries(findings).flatMap(([name, value]) =>
    typeof value === 'number' ? `${name}: ${number(value, 3)}` : typeof value === 'string' ? `${name}: ${value}` : [],
  );
  return html`<div class="wide">
      ${reasonsOf(reasons)}${places !== '' && html` <span class="soft">e.g. ${places}</span>`}
    </div>
    ${found.length > 0 && html`<div class="soft">${cut(found.slice(0, 10).join('; '), 400)}</div>`}`;
}

/** Reasons by frequency, the first ten. */
export function reasonsOf(reasons: Readonly<Record<string, number>>): string {
  const all = Object.entries(reasons).toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const shown = all.slice(0, 10).map(([reason, rows]) => `${reason}: ${number(rows)}`);
  return shown.join('; ') + (all.length > 10 ? `; and ${number(all.length - 10)} more` : '');
}

/** Places as `source:line`, the first ten of `rows`. */
export const placesOf = (places: readonly Place[], rows: number): string => {
  const shown = places.slice(0, 10);
  const names = shown.map(({ source, line }) => `${source}:${line}`).join(', ');
  return names + (rows > shown.length ? `${names === '' ? '' : ' '}and ${number(rows - shown.length)} more` : '');
};
