import { html, table } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';
import type { Estimate, JudgeReport } from '../model.ts';
import { count, interval, signedInterval } from '../numbers.ts';
import { aside, badge, key } from '../part.ts';
import type { Part, Sides } from '../part.ts';

const STATES = {
  valid: { sign: '✓', name: 'calibrated', tone: 'good' },
  expired: { sign: '!', name: 'calibration expired', tone: 'warn' },
  failed: { sign: '✕', name: 'calibration failed', tone: 'bad' },
  none: { sign: '?', name: 'not calibrated', tone: 'warn' },
} as const;

/** Who judged, how far that can be trusted, and what was judged. */
export function judgePart(judge: JudgeReport, sides: Sides): Part {
  const { calibration, agreement, pairwise } = judge;
  const { sign, name, tone } = STATES[calibration.state];
  const rows: [string, string][] = [];
  if (judge.model !== undefined) rows.push(['Model', judge.model]);
  if (judge.decides !== undefined)
    rows.push(['Use', judge.decides ? 'the decision rests on it' : 'informs, does not decide']);
  if (calibration.made !== undefined) rows.push(['Calibrated', calibration.made]);
  if (calibration.expires !== undefined) rows.push(['Expires', calibration.expires]);
  if (agreement) rows.push(['Items that people rated too', count(agreement.n)]);
  const add = (what: string, estimate: Estimate | undefined, spell: (of: Estimate) => string) => {
    if (estimate) rows.push([what, spell(estimate) + (estimate.n === undefined ? '' : `, n = ${count(estimate.n)}`)]);
  };
  add('Agreement with people, Cohen’s kappa', agreement?.kappa, (of) => interval(of));
  add('Agreement with people, Krippendorff’s alpha', agreement?.alpha, (of) => interval(of));
  add('Slot bias: verdicts for the first answer, less a half', judge.slotBias, (of) => signedInterval(of, 'share'));
  add('Verdicts that turn when the order does', judge.flipRate, (of) => interval(of, 'share'));
  if (judge.unmeasured !== undefined) rows.push(['Replies that gave no verdict', count(judge.unmeasured)]);
  return {
    id: 'judge',
    title: 'Judge',
    content: html`
      <p>
        <span class="name">${judge.name}</span> ${badge(sign, name, tone)}${
          calibration.note !== undefined && html` <span class="soft" dir="auto">${calibration.note}</span>`
        }
      </p>
      ${pairwise && wins(pairwise, sides)}
      ${rows.length > 0 && table(['What', 'Value'], rows, { label: 'The judge', rowHeads: true, isNarrow: true })}
    `,
  };
}

/** Wins, ties and losses as one bar with their numbers below. */
function wins({ win, tie, loss, unmeasured = 0 }: NonNullable<JudgeReport['pairwise']>, sides: Sides): Html {
  const total = win + tie + loss;
  if (!(total > 0)) return html`<p class="none">No pair was judged.</p>`;
  const share = (items: number) => ((100 * items) / total).toFixed(1);
  const piece = (tone: string, items: number) =>
    items > 0 && html`<span class="${tone}" style="flex-grow:${items}"></span>`;
  return html`<figure class="wins">
    <h3>Pairs</h3>
    <div class="track" aria-hidden="true">${piece('win', win)}${piece('tie', tie)}${piece('loss', loss)}</div>
    <ul>
      <li>${key('a', `${sides.candidate} better`)} <b>${count(win)}</b> (${share(win)} %)</li>
      <li>${badge('=', 'tie', 'soft')} <b>${count(tie)}</b> (${share(tie)} %)</li>
      <li>${key('b', `${sides.champion} better`)} <b>${count(loss)}</b> (${share(loss)} %)</li>
    </ul>
    ${aside(unmeasured > 0 && `${count(unmeasured)} further pairs could not be judged.`)}
  </figure>`;
}
