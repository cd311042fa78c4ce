import { html, table } from '../../../data/report/html.ts';
import { first } from '../bounds.ts';
import type { CostReport } from '../model.ts';
import { count, dollars, duration } from '../numbers.ts';
import { aside } from '../part.ts';
import type { Part } from '../part.ts';

const LISTED = 60;
const FIELDS = [
  ['seconds', duration],
  ['tokens', count],
  ['usd', dollars],
] as const;

/** What each step took; what is not known is said, and makes a sum a lower bound. */
export function costPart({ rows, limitUsd }: CostReport): Part {
  const { shown, rest } = first(rows, LISTED, 'steps');
  const cells = shown.map((row) => [
    row.note === undefined ? row.step : html`${row.step} <span class="soft">${row.note}</span>`,
    ...FIELDS.map(([field, spell]) => {
      const value = row[field];
      return value === undefined ? '–' : spell(value);
    }),
  ]);
  const sums = FIELDS.map(([field, spell]) =>
    sumOf(
      rows.map((row) => row[field]),
      spell,
    ),
  );
  return {
    id: 'cost',
    title: 'Cost',
    content: html`
      ${table(['Step', 'Time', 'Tokens', 'USD'], rows.length > 0 ? [...cells, [html`<b>All steps</b>`, ...sums]] : [], {
        numeric: [1, 2, 3],
        label: 'Cost',
        rowHeads: true,
        isNarrow: true,
        empty: 'No step is known.',
      })}
      ${aside(rest)} ${aside(limitUsd !== undefined && `At most ${dollars(limitUsd)} may be spent.`)}
    `,
  };
}

function sumOf(values: readonly (number | null | undefined)[], spell: (value: number) => string): string {
  const stated = values.filter((value) => value !== undefined);
  const known = stated.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (stated.length === 0) return '–';
  if (known.length === 0) return 'not known';
  const sum = spell(known.reduce((total, value) => total + value, 0));
  return known.length < stated.length ? `at least ${sum}` : sum;
}
