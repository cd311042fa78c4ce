import { html, percent, table } from '../../../data/report/html.ts';
import { facts } from '../../../data/report/page.ts';
import { first } from '../bounds.ts';
import type { DataSummary } from '../model.ts';
import { count } from '../numbers.ts';
import { aside, digestOf, folded } from '../part.ts';
import type { Part } from '../part.ts';

const LISTED = 50;

/** What it was trained and tested on. */
export function dataPart({ rowsIn, rowsKept, removed, train, test, tokens, sources, note }: DataSummary): Part {
  const numbers: [string, string][] = [
    ['Rows in', count(rowsIn)],
    ['Rows kept', count(rowsKept)],
  ];
  if (train !== undefined) numbers.push(['For training', count(train)]);
  if (test !== undefined) numbers.push(['For the test', count(test)]);
  if (tokens !== undefined) numbers.push(['Tokens', count(tokens)]);
  const reasons =
    removed &&
    first(
      removed.toSorted((a, b) => b.rows - a.rows),
      LISTED,
      'reasons',
    );
  const from = sources && first(sources, LISTED, 'sources');
  return {
    id: 'data',
    title: 'Data',
    content: html`
      ${facts(numbers)}
      ${
        reasons &&
        html`<h3>Removed</h3>
          ${table(
            ['Reason', 'Rows', 'Of all'],
            reasons.shown.map(({ reason, rows }) => [reason, count(rows), rowsIn > 0 ? percent(rows / rowsIn) : '–']),
            { numeric: [1, 2], label: 'Rows removed', rowHeads: true, isNarrow: true, empty: 'No row was removed.' },
          )}
          ${aside(reasons.rest)}`
      }
      ${
        from &&
        folded(
          `Sources (${count(sources.length)})`,
          html`${table(
            ['Source', 'Rows', 'Digest'],
            from.shown.map(({ name, rows, digest }) => [
              name,
              rows === undefined ? '–' : count(rows),
              digest === undefined ? '–' : digestOf(digest),
            ]),
            { numeric: [1], label: 'Sources', rowHeads: true, empty: 'None are known.' },
          )}
          ${aside(from.rest)}`,
        )
      }
      ${aside(note)}
    `,
  };
}
