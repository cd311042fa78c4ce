import { html } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';
import { first } from '../bounds.ts';
import type { ReportHead } from '../model.ts';
import { aside } from '../part.ts';

const VERDICTS = {
  promote: { sign: '▲', name: 'Promote', says: 'The candidate is better by more than was asked for.', tone: 'good' },
  reject: { sign: '▼', name: 'Reject', says: 'The candidate does not meet what was asked for.', tone: 'bad' },
  inconclusive: { sign: '◆', name: 'Inconclusive', says: 'Neither side is proved. The champion stays.', tone: 'warn' },
  none: { sign: '–', name: 'No verdict', says: 'Nothing was to be decided here.', tone: 'soft' },
} as const;

const REASONS = 20;

/** Who was measured, what was decided and why: what is read first. */
export function verdictHead(head: ReportHead): Html {
  const { sign, name, says, tone } = VERDICTS[head.verdict.outcome];
  const { shown, rest } = first(head.verdict.reasons, REASONS, 'reasons');
  const [main = says, ...others] = shown;
  const facts: [string, string | undefined][] = [
    ['Candidate', head.candidate],
    ['Champion', head.champion],
    ['Base model', head.base],
    ['Recipe', head.recipe],
    ['Pipeline', head.pipeline],
    ['Run', head.run],
    ['Started', head.started],
    ['Ended', head.ended],
    ['Started by', head.startedBy],
  ];
  const known = facts.filter(([, value]) => value !== undefined);
  return html`<header>
    <p class="kind">Evaluation report</p>
    <h1 dir="auto">${head.title}</h1>
    <div class="verdict ${tone}" role="region" aria-label="Verdict">
      <p class="word"><span aria-hidden="true">${sign}</span> ${name}</p>
      <p class="main" dir="auto">${main}</p>
      ${
        others.length > 0 &&
        html`<ul>
          ${others.map((reason) => html`<li dir="auto">${reason}</li>`)}
        </ul>`
      }
      ${aside(rest)}
    </div>
    ${
      known.length > 0 &&
      html`<dl class="who">
        ${known.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd dir="auto">${value}</dd>
            </div>`,
        )}
      </dl>`
    }
  </header>`;
}
