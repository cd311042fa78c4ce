import { html, table } from '../../../data/report/html.ts';
import { first } from '../bounds.ts';
import type { GuardRow } from '../model.ts';
import { confidence, count, NOT_KNOWN, signed, spell } from '../numbers.ts';
import { aside, outcome } from '../part.ts';
import type { Part } from '../part.ts';

const LISTED = 60;

/** What the candidate must not be worse in, and what it must reach. */
export function guardsPart(rows: readonly GuardRow[]): Part {
  const { shown, rest } = first(rows, LISTED, 'rules');
  return {
    id: 'guards',
    title: 'Guards and floors',
    content: html`
      <p class="soft">
        A guard passes when it is proved that the candidate is worse by less than its margin; a floor when it is proved
        that the candidate reaches it. What is not proved does not pass.
      </p>
      ${table(
        ['Rule', 'Outcome', 'In words', 'Asked for', 'Seen', 'Bound', 'n'],
        shown.map((row) => [
          html`<span class="name">${row.name}</span> <span class="soft role">${row.kind}</span>`,
          outcome(row.outcome),
          html`<div class="wide" dir="auto">
            ${row.words ?? ''}${
              row.confidence !== undefined && html` <span class="soft">At ${confidence(row.confidence)}.</span>`
            }
          </div>`,
          row.kind === 'guard'
            ? `not below ${signed(-row.margin, row.format, [row.seen, row.bound])}`
            : `at ${row.better === 'lower' ? 'most' : 'least'} ${spell(row.margin, row.format)}`,
          inWords(row, row.seen),
          inWords(row, row.bound),
          row.n === undefined ? '–' : count(row.n),
        ]),
        { numeric: [3, 4, 5, 6], label: 'Guards and floors', rowHeads: true, empty: 'None were asked for.' },
      )}
      ${aside(rest)}
    `,
  };
}

const inWords = ({ kind, format, margin, seen, bound }: GuardRow, value: number | null): string =>
  value === null ? NOT_KNOWN : kind === 'guard' ? signed(value, format, [margin, seen, bound]) : spell(value, format);
