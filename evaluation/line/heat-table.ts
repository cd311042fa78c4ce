import { html } from '../../data/report/html.ts';
import type { Html } from '../../data/report/html.ts';
import type { LineCell, LineDocument, LineModel } from './model.ts';
import { placeOf, reachOf, spellInterval, spellScore } from './spell.ts';

/** More slices than this have no room for intervals. */
const WITH_INTERVALS = 8;
/** Most colour that text can be read on, in per cent. */
const MOST = 42;

/** What each model scored on each slice; the better, the deeper the colour. */
export function heatTable(document: LineDocument): Html {
  const { slices, models, format } = document;
  const reach = reachOf(document);
  if (!reach) return html`<p class="none">No model was measured on a slice yet.</p>`;
  const hasIntervals = slices.length <= WITH_INTERVALS;
  const cellOf = (cell: LineCell | null, at: number): Html => {
    if (!cell) return html`<td class="n none" aria-label="not measured">·</td>`;
    const share = Math.round(placeOf(cell.mean, reach) * MOST);
    const interval = spellInterval(cell, format);
    const fewer = cell.n === slices[at]?.n ? '' : `, n ${cell.n}`;
    return html`<td class="n" style="--share:${share}%" title="${interval}, n ${cell.n}">
      ${spellScore(cell.mean, format)}${hasIntervals && html`<span class="ci">${interval}${fewer}</span>`}
    </td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Models by slices">
    <table class="heat">
      <thead>
        <tr>
          <th scope="col">model ↓ slice →</th>
          ${slices.map(
            ({ slice, n }) =>
              html`<th scope="col" class="n">
                <span class="cut" dir="auto">${slice}</span><span class="ci">n ${n}</span>
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${models.map(
          (model) =>
            html`<tr class="${model.isChampion && 'champion'}">
              <th scope="row"><span dir="auto">${model.model}</span>${about(model)}</th>
              ${model.cells.map(cellOf)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function about({ period, verdict, depth, isChampion }: LineModel): Html {
  const parts = [
    isChampion ? 'champion' : '',
    period ?? '',
    verdict ?? '',
    depth === null || depth === 0 ? '' : `${depth} warm start${depth === 1 ? '' : 's'}`,
  ];
  return html`<span class="ci" dir="auto">${parts.filter(Boolean).join(', ')}</span>`;
}
