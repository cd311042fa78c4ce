import { evenly } from '../../configs/evenly.ts';
import { html, table } from '../../data/report/html.ts';
import type { Html } from '../../data/report/html.ts';
import { facts, page } from '../../data/report/page.ts';
import { bounded } from '../report/bounds.ts';
import { aside, folded } from '../report/part.ts';
import { STYLE as REPORT_STYLE } from '../report/style.ts';
import { heatTable } from './heat-table.ts';
import type { LineDocument, LinePeriod } from './model.ts';
import { MARKS, markOf, scoreChart } from './score-chart.ts';
import { countsInWords, leftOutInWords, lifeInWords, spellScore } from './spell.ts';

/** Slices, models and periods that are shown at once; more of the periods are folded. */
const SHOWN = 40;
const FOLDED = 1000;

const STYLE = `${REPORT_STYLE}
.over-time { overflow-x: auto; } .over-time svg { max-width: none; min-width: 640px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 6px 0 0; padding: 0; list-style: none; font-size: 13.5px; color: var(--soft); }
.legend .thick { display: inline-block; width: 20px; margin: 0 5px 3px 0; border-top: 3px solid var(--ink); }
.legend .thin { display: inline-block; width: 20px; margin: 0 5px 4px 0; border-top: 1.5px solid var(--a); }
.heat { width: auto; font-size: 13px; } .heat th, .heat td { padding: 5px 9px; border: 1px solid var(--paper); vertical-align: middle; }
.heat td { min-width: 3.4em; background: color-mix(in srgb, var(--a) var(--share, 0%), var(--card)); }
.heat td.none { background: none; color: var(--soft); } .heat .ci { display: block; font-size: 11.5px; font-weight: 400; color: var(--soft); white-space: nowrap; }
.heat td .ci { color: var(--ink); } .heat .cut { display: inline-block; max-width: 12ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.heat th[scope=row] { position: sticky; left: 0; background: var(--paper); min-width: 15em; max-width: 18em; overflow-wrap: anywhere; }
.heat th[scope=row] .ci { white-space: normal; } .periods td { white-space: nowrap; } .periods .wide { white-space: normal; display: inline-block; }
.heat .champion th[scope=row] { font-weight: 700; } .heat .champion td { outline: 1px solid var(--ink); outline-offset: -1px; }
@media (max-width: 560px) { .heat th[scope=row] { min-width: 8.5em; max-width: 8.5em; } }
@media print { .over-time svg { min-width: 0; } .periods td { white-space: normal; } .periods .wide { min-width: 0; } .heat th[scope=row] { min-width: 0; } .heat { font-size: 7.5pt; } .heat th, .heat td { padding: 2px 3px; } .heat td { min-width: 0; } }
`;

/**
 * A line as one HTML file that needs no network and no script: the champion over time, the matrix model × slice, what
 * each period came to. Texts are shown as text only; long lists are cut, and say so.
 */
export function linePage(document: LineDocument): string {
  const shown = bounded(fewer(document));
  const { line, metric, periods, champion, slices, models, totals } = shown;
  const by =
    metric === null ? 'Nothing was measured yet.' : `By ${metric}${shown.format === 'share' ? ', in per cent' : ''}.`;
  const last = periods.at(-1);
  const body = html`<header>
      <p class="kind">Line of continuous tuning</p>
      <h1 dir="auto">${line}</h1>
      <p>${lifeInWords(shown)}. ${by}</p>
      ${facts([
        ['Champion', champion ?? 'none'],
        ['Mean over its slices', meanIn(shown)],
        ['Periods', String(periods.length)],
        ['Promoted', String(periods.filter(({ outcome }) => outcome === 'accepted').length)],
        ['Last period', last ? `${last.period}, ${last.at.slice(0, 10)}` : 'none'],
      ])}
    </header>
    <main>
      ${periods.some(({ mean }) => mean !== null) && overTime(shown)}
      <section>
        <h2>Models and slices</h2>
        ${heatTable(shown)}
        <p class="soft">
          Each accepted period adds its frozen test rows as a slice. A cell is the mean on the slice
          ${slices.length <= 8 ? 'with its' : 'and, where the pointer rests, its'} 95 % interval; the deeper the colour,
          the better among those shown.
        </p>
        ${aside(leftOutInWords({ slices: slices.length, models: models.length }, totals))}
      </section>
      <section>
        <h2>Periods</h2>
        ${periodTables(shown)}
      </section>
    </main>`;
  return page(`${line} – line of continuous tuning`, body, STYLE);
}

/** Not more slices and models than a page can hold. */
function fewer(document: LineDocument): LineDocument {
  const columns = evenly(
    document.slices.map((_, at) => at),
    SHOWN,
  );
  const pick = <T>(list: readonly T[]): T[] => columns.map((at) => list[at] as T);
  return {
    ...document,
    slices: pick(document.slices),
    models: evenly(document.models, SHOWN, ({ isChampion }) => isChampion).map((model) => ({
      ...model,
      cells: pick(model.cells),
    })),
    periods: document.periods.map((period) => ({ ...period, scores: pick(period.scores) })),
  };
}

function meanIn({ periods, format }: LineDocument): string {
  const mean = periods.at(-1)?.mean ?? null;
  return mean === null ? 'not known' : `${spellScore(mean, format)}${format === 'share' ? ' %' : ''}`;
}

function overTime(shown: LineDocument): Html {
  return html`<section>
    <h2>The champion over time</h2>
    <figure>
      <div class="over-time scroll" tabindex="0" role="region" aria-label="The champion over time">
        ${scoreChart(shown)}
      </div>
      <ul class="legend">
        <li><span class="thick" aria-hidden="true"></span>mean over all its slices</li>
        <li><span class="thin" aria-hidden="true"></span>one slice, the older the fainter</li>
        ${Object.values(MARKS).map(
          ({ sign, color, name }) =>
            html`<li><span aria-hidden="true" style="color:${color}">${sign}</span> ${name}</li>`,
        )}
      </ul>
    </figure>
  </section>`;
}

function periodTables({ periods, format, waiting }: LineDocument): Html {
  const newest = periods.slice(-SHOWN).toReversed();
  const older = periods.slice(0, -SHOWN).toReversed();
  const said = older.slice(0, FOLDED);
  return html`${waiting.count > 0 && html`<p>Since the last period ${waiting.count} run${waiting.count === 1 ? ' was' : 's were'} skipped: ${waiting.words}.</p>`}
  ${periodTable(newest, format)}
  ${older.length > 0 && folded(`${older.length} earlier periods${said.length < older.length ? `, of which the newest ${said.length} are shown` : ''}`, periodTable(said, format))}`;
}

const periodTable = (periods: readonly LinePeriod[], format: LineDocument['format']): Html =>
  html`<div class="periods">${tableOf(periods, format)}</div>`;

const tableOf = (periods: readonly LinePeriod[], format: LineDocument['format']): Html =>
  table(
    [
      'Period',
      'Date',
      'What became of it',
      'Rows',
      'Warm starts',
      'Champion after it',
      'Its mean',
      'Skipped before',
      'Run',
    ],
    periods.map((one) => {
      const { sign, name, color } = MARKS[markOf(one)];
      return [
        html`<span dir="auto">${one.period}</span>`,
        one.at.slice(0, 10),
        html`<span style="color:${color}" aria-hidden="true">${sign}</span>
          ${markOf(one) === 'other' ? one.outcome : name}`,
        countsInWords(one.counts),
        one.depth,
        html`<span dir="auto">${one.champion}</span>`,
        one.mean === null ? '' : spellScore(one.mean, format),
        one.skipped.count > 0 && html`<span class="wide">${one.skipped.words}</span>`,
        html`<code>${one.run}</code>`,
      ];
    }),
    { numeric: [4, 6], empty: 'No period has come to a verdict yet.', label: 'Periods' },
  );
