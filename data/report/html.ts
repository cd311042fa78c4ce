import { visible } from '../look/visible.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Html | string | number | null | undefined | false | readonly Piece[];

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

/** A table whose columns named in `numeric` stand right; `empty` says what it means that there is no row. */
export function table(heads: string[], rows: Piece[][], { numeric = [] as number[], empty = 'None.' } = {}): Html {
  if (rows.length === 0) return html`<p class="none">${empty}</p>`;
  const right = (at: number) => (numeric.includes(at) ? new Html(' class="n"') : '');
  const head = heads.map((text, at) => html`<th scope="col" ${right(at)}>${text}</th>`);
  const body = rows.map(
    (cells) =>
      html`<tr>
        ${cells.map((cell, at) => html`<td ${right(at)}>${cell}</td>`)}
      </tr> `,
  );
  return html`<div class="scroll">
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
