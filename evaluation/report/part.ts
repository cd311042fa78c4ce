import { cut } from '../../data/look/cut.ts';
import { html, Html } from '../../data/report/html.ts';
import type { Piece } from '../../data/report/html.ts';
import type { ReportHead } from './model.ts';

/** A part of the report: what it is called, where links find it, what is in it. */
export interface Part {
  id: string;
  title: string;
  content: Html;
}

/** What the two sides are called. */
export type Sides = NonNullable<ReportHead['sides']>;

/** The mark of a side: colour and form differ, and its name stands beside it. */
export const key = (side: 'a' | 'b', name: string): Html =>
  html`<span class="side"><span class="mark ${side}" aria-hidden="true"></span>${name}</span>`;

/** A link into the page and nowhere else: ids are ours, never of data. */
export const linkTo = ({ id, title }: Part): Html => html`<a href="#${id}">${title}</a>`;

export const OUTCOMES = {
  passed: { sign: '✓', name: 'passed', tone: 'good' },
  'not proved': { sign: '?', name: 'not proved', tone: 'warn' },
  failed: { sign: '✕', name: 'failed', tone: 'bad' },
} as const;

/** An outcome as sign and word; the colour only repeats them. */
export function outcome(of: keyof typeof OUTCOMES): Html {
  const { sign, name, tone } = OUTCOMES[of];
  return badge(sign, name, tone);
}

/** A word with a sign before it. */
export const badge = (sign: string, name: string, tone: 'good' | 'warn' | 'bad' | 'soft'): Html =>
  html`<span class="badge ${tone}"><span aria-hidden="true">${sign}</span> ${name}</span>`;

/** Long parts are folded; a reader opens them, a printer prints them. */
export const folded = (summary: Piece, content: Piece): Html =>
  html`<details>
    <summary>${summary}</summary>
    ${content}
  </details>`;

/** A paragraph beside the matter; nothing where there is no text. */
export const aside = (text: Piece): Html => (text ? html`<p class="soft">${text}</p>` : new Html(''));

/** The first characters of a digest, enough to tell two apart; the whole one is in its title. */
export const digestOf = (digest: string): Html => html`<code title="${digest}">${shortDigest(digest)}</code>`;

/** `1f2e3d4c5b6a…`; SHA-256 is what all are, and is not said. */
export const shortDigest = (digest: string): string => {
  const end = digest.indexOf(':') + 1;
  const [scheme, rest] = [digest.slice(0, end), digest.slice(end)];
  return `${scheme === '' || scheme === 'sha256:' ? '' : scheme}${cut(rest, 13)}`;
};
