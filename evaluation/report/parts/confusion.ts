import { html } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';
import type { Confusion } from '../model.ts';
import { count } from '../numbers.ts';
import { aside, key } from '../part.ts';
import type { Part, Sides } from '../part.ts';

const LABELS = 20;

/** What was taken for what; the most frequent labels, the others together. */
export function confusionPart({ labels, candidate, champion }: Confusion, sides: Sides): Part {
  const kept = mostFrequent(labels, candidate);
  const more = labels.length - kept.length;
  const names = [...kept.map((at) => labels[at]!), ...(more > 0 ? ['other labels'] : [])];
  const sideOf = (which: 'a' | 'b', name: string, cells: Confusion['candidate']) =>
    html`<div>
      <h3>${key(which, name)}</h3>
      ${matrix(names, folded(cells, kept, more > 0), { side: name, labels: kept.length })}
    </div>`;
  return {
    id: 'confusion',
    title: 'Confusion matrix',
    content: html`
      <p class="soft">
        Rows are what was right, columns what was answered; the diagonal, framed, is right. The shade is the share of
        the row.
      </p>
      <div class="matrices">
        ${sideOf('a', sides.candidate, candidate)} ${champion && sideOf('b', sides.champion, champion)}
      </div>
      ${aside(more > 0 && `${count(more)} less frequent labels are counted together.`)}
    `,
  };
}

/** Places of the labels with most items, in the order of the labels. */
function mostFrequent(labels: readonly string[], cells: Confusion['candidate']): number[] {
  const all = labels.map((_, at) => at);
  if (labels.length <= LABELS) return all;
  const rows = all.map((at) => sum(cells[at] ?? []));
  return all
    .toSorted((x, y) => rows[y]! - rows[x]! || x - y)
    .slice(0, LABELS)
    .toSorted((x, y) => x - y);
}

/** The matrix of the labels that are kept, and one row and column more for all others. */
function folded(cells: Confusion['candidate'], kept: readonly number[], hasOthers: boolean): number[][] {
  const place = new Map(kept.map((from, to) => [from, to]));
  const size = kept.length + (hasOthers ? 1 : 0);
  const small = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  cells.forEach((row, actual) =>
    row.forEach((items, predicted) => {
      const target = small[place.get(actual) ?? kept.length];
      const column = place.get(predicted) ?? kept.length;
      if (target && column < size) target[column]! += items;
    }),
  );
  return small;
}

/** Among `labels` names the diagonal is right; what stands for all others is not known to be. */
function matrix(
  names: readonly string[],
  cells: readonly (readonly number[])[],
  { side, labels }: { side: string; labels: number },
): Html {
  const cell = (items: number, isRight: boolean, total: number) => {
    const share = total > 0 ? Math.round((items / total) * 45) : 0;
    const kind = `n${isRight ? ' right' : ''}${items === 0 ? ' zero' : ''}`;
    return html`<td class="${kind}" style="--share:${share}%">${count(items)}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix of ${side}">
    <table class="matrix">
      <thead>
        <tr>
          <th scope="col">right ↓ answered →</th>
          ${names.map((name) => html`<th scope="col" class="label"><span dir="auto">${name}</span></th>`)}
          <th scope="col" class="n">rows</th>
        </tr>
      </thead>
      <tbody>
        ${cells.map((row, at) => {
          const total = sum(row);
          return html`<tr>
            <th scope="row" class="label"><span dir="auto">${names[at]}</span></th>
            ${row.map((items, column) => cell(items, column === at && at < labels, total))}
            <td class="n soft">${count(total)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
