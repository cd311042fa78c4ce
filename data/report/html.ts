import { visible } from '../look/visible.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. */
export type Piece = Html | string | number | null | undefined | false | readonly Piece[];

/** HTML out of a template: what is put in is untrusted text and escaped, unless it is {@link Html}. */
export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(parts.reduce((text, part, at) => text + spell(pieces[at - 1]) + part));
}

function spell(piece: Piece): string {
  if (piece instanceof Html) return piece.text;
  if (Array.isArray(piece)) return piece.map(spell).join('');
  if (piece === null || piece === undefined || piece === false) return '';
  return escapeHtml(String(piece));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Untrusted text for HTML, between tags and in quoted attributes; what deceives the eye is spelled out. */
export function escapeHtml(text: string): string {
  return text
    .split('\n')
    .map((line) => visible(line).replace(/[&<>"']/g, (character) => ENTITIES[character]!))
    .join('\n');
}

/** A number for people: grouped thousands, at most `digits` decimals. */
export const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits });

/** A share as per cent: one decimal, and never 0 % of something. */
export function percent(share: number): string {
  return share > 0 && share < 0.0005 ? '< 0.1 %' : `${(share * 100).toFixed(1)} %`;
}

/**
 * A table whose columns named in `numeric` stand right; `empty` says what it means that there is no row.
 * `label` names it for those who hear it, `rowHeads` makes the first cell of each row its head, `isNarrow` keeps few
 * columns close together.
 */
export function table(
  heads: readonly Piece[],
  rows: readonly (readonly Piece[])[],
  { numeric = [] as readonly number[], empty = 'None.', label = 'Table', rowHeads = false, isNarrow = false } = {},
): Html {
  if (rows.length === 0) return html`<p class="none">${empty}</p>`;
  const right = (at: number) => (numeric.includes(at) ? new Html(' class="n"') : '');
  const head = heads.map((text, at) => html`<th scope="col" ${right(at)}>${text}</th>`);
  const cellOf = (cell: Piece, at: number) =>
    rowHeads && at === 0 ? html`<th scope="row" ${right(at)}>${cell}</th>` : html`<td ${right(at)}>${cell}</td>`;
  const body = rows.map(
    (cells) =>
      html`<tr>
        ${cells.map(cellOf)}
      </tr> `,
  );
  // Focusable, so that a table wider than the screen can be moved by keyboard.
  return html`<div class="scroll${isNarrow && ' narrow'}" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}
