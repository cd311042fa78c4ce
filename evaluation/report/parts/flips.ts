import { cut } from '../../../data/look/cut.ts';
import { html } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';
import { head, short } from '../bounds.ts';
import type { Flips } from '../model.ts';
import { count, signed, spell } from '../numbers.ts';
import { aside, key } from '../part.ts';
import type { Part, Sides } from '../part.ts';
import { wordDiff } from '../word-diff.ts';
import type { Piece } from '../word-diff.ts';

/** Items shown of each kind, and how many of them are open at first. */
const SHOWN = 25;
const OPEN = 3;
/** UTF-16 units of a text that are shown. */
const PROMPT = 800;
const REFERENCE = 600;
const ANSWER = 1_400;
/** Of what both answers begin with, so much stays before the first difference. */
const BEFORE = 200;

type Item = Flips['items'][number];

/** Items on which the two sides differ most, better and worse apart. */
export function flipsPart({ metric, format, items, total }: Flips, sides: Sides): Part {
  const better = items.filter(({ gain }) => gain > 0).toSorted((x, y) => y.gain - x.gain);
  const worse = items.filter(({ gain }) => gain < 0).toSorted((x, y) => x.gain - y.gain);
  const group = (title: string, list: readonly Item[], all: number) =>
    html`<h3>${title}</h3>
      ${
        list.length === 0
          ? html`<p class="none">None.</p>`
          : html`<p class="soft">${shownOf(Math.min(list.length, SHOWN), all)}</p>
              ${list.slice(0, SHOWN).map((item, at) => flip(item, at < OPEN, format, sides))}`
      }`;
  return {
    id: 'flips',
    title: 'Where the answers differ',
    content: html`
      <p class="soft">
        Items with the largest differences in ${metric}. Words that only one answer has are marked:
        <mark class="a">underlined</mark> in that of ${sides.candidate}, <mark class="b">dotted</mark> in that of
        ${sides.champion}.
      </p>
      ${group(`Better with ${sides.candidate}`, better, total?.better ?? better.length)}
      ${group(`Worse with ${sides.candidate}`, worse, total?.worse ?? worse.length)}
    `,
  };
}

const shownOf = (shown: number, all: number): string =>
  all <= shown
    ? `${count(shown)} in all.`
    : shown === 1
      ? `The largest of ${count(all)}.`
      : `The ${count(shown)} largest of ${count(all)}.`;

function flip(item: Item, isOpen: boolean, format: Flips['format'], sides: Sides): Html {
  const answers = bothAnswers(item.candidate, item.champion);
  const side = (which: 'a' | 'b', name: string, score: number | null, answer: Html) =>
    html`<div class="answer">
      <h4>${key(which, name)} <span class="score">${score === null ? 'unmeasured' : spell(score, format)}</span></h4>
      ${answer}
    </div>`;
  const title = cut(head(item.prompt, PROMPT).text.trim().split('\n', 1)[0] ?? '', 96);
  return html`<details class="flip" ${isOpen ? html`open` : ''}>
    <summary>
      <span class="gain ${item.gain > 0 ? 'good' : 'bad'}">${signed(item.gain, format)}</span>
      <span class="title" dir="auto">${title === '' ? '(empty prompt)' : title}</span>
    </summary>
    ${item.name !== undefined && html`<p class="soft">${short(item.name, 160)}</p>`}
    <dl class="asked">
      <dt>Prompt</dt>
      <dd class="text" dir="auto">${short(item.prompt, PROMPT)}</dd>
      <dt>Reference</dt>
      ${
        item.reference === null
          ? html`<dd class="none">The row has none.</dd>`
          : html`<dd class="text" dir="auto">${short(item.reference, REFERENCE)}</dd>`
      }
    </dl>
    <div class="answers">
      ${side('a', sides.candidate, item.candidateScore, answers.candidate)}
      ${side('b', sides.champion, item.championScore, answers.champion)}
    </div>
    ${item.note !== undefined && html`<p class="soft" dir="auto">${short(item.note, 600)}</p>`}
  </details>`;
}

/** Both answers with what differs marked; of long ones the part about the first difference. */
function bothAnswers(candidate: string | null, champion: string | null): { candidate: Html; champion: Html } {
  if (candidate === null || champion === null) return { candidate: single(candidate), champion: single(champion) };
  const skipped = Math.max(0, startOf(candidate, champion));
  const [a, b] = [candidate, champion].map((text) => head(text.slice(skipped), ANSWER)) as [Cut, Cut];
  const diff = wordDiff(a.text, b.text);
  return {
    candidate: answer(diff.a, 'a', skipped, a.missing),
    champion: answer(diff.b, 'b', skipped, b.missing),
  };
}

type Cut = ReturnType<typeof head>;

const single = (text: string | null): Html => {
  if (text === null) return html`<p class="none">No answer came.</p>`;
  const { text: shown, missing } = head(text, ANSWER);
  return answer([{ text: shown, isOwn: false }], 'a', 0, missing);
};

function answer(pieces: readonly Piece[], side: 'a' | 'b', skipped: number, missing: number): Html {
  const marked = pieces.map(({ text, isOwn }) => (isOwn ? html`<mark class="${side}">${text}</mark>` : text));
  const isEmpty = pieces.every(({ text }) => text.trim() === '');
  return html`${skipped > 0 && aside(`The first ${count(skipped)} characters are the same in both.`)}
  ${isEmpty ? html`<p class="none">(empty)</p>` : html`<div class="text" dir="auto">${marked}</div>`}
  ${missing > 0 && aside(`${count(missing)} more characters are not shown.`)}`;
}

/** Where to begin: at 0 unless both answers begin with more of the same than can be shown. */
function startOf(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let same = 0;
  while (same < most && a.charCodeAt(same) === b.charCodeAt(same)) same += 1;
  if (same <= ANSWER - BEFORE) return 0;
  const start = same - BEFORE;
  const code = a.charCodeAt(start);
  return code >= 0xdc00 && code <= 0xdfff ? start - 1 : start;
}
