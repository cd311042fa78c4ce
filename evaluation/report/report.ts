import { html } from '../../data/report/html.ts';
import type { Html } from '../../data/report/html.ts';
import { page } from '../../data/report/page.ts';
import { bounded } from './bounds.ts';
import type { RunReport } from './model.ts';
import { linkTo } from './part.ts';
import type { Part, Sides } from './part.ts';
import { confusionPart } from './parts/confusion.ts';
import { costPart } from './parts/cost.ts';
import { dataPart } from './parts/data.ts';
import { differencesPart } from './parts/differences.ts';
import { flipsPart } from './parts/flips.ts';
import { guardsPart } from './parts/guards.ts';
import { judgePart } from './parts/judge.ts';
import { lineagePart, numbered } from './parts/lineage.ts';
import { metricsPart } from './parts/metrics.ts';
import { repeatPart } from './parts/repeat.ts';
import { safetyPart } from './parts/safety.ts';
import { slicesPart } from './parts/slices.ts';
import { trainingPart } from './parts/training.ts';
import { verdictHead } from './parts/verdict.ts';
import { STYLE } from './style.ts';

/**
 * The report of a run: one HTML file of at most a few megabytes that needs no network and no script, the same bytes
 * for the same model. Texts of the model are shown as text only; long ones and long lists are cut, and say so.
 */
export function runReport(model: RunReport): string {
  // Flips cut their own texts, since they look for the differences first.
  const { flips, lineage, ...rest } = model;
  const safe = bounded({ ...rest, lineage: lineage && numbered(lineage) });
  const sides: Sides = safe.head.sides ?? { candidate: 'Candidate', champion: 'Champion' };
  const parts: (Part | undefined)[] = [
    safe.metrics && metricsPart(safe.metrics, sides),
    safe.differences && differencesPart(safe.differences, sides),
    safe.guards && guardsPart(safe.guards),
    safe.slices && slicesPart(safe.slices, sides),
    flips && flipsPart({ ...flips, metric: bounded(flips.metric) }, sides),
    safe.confusion && confusionPart(safe.confusion, sides),
    safe.judge && judgePart(safe.judge, sides),
    safe.safety && safetyPart(safe.safety, sides),
    safe.training && trainingPart(safe.training),
    safe.data && dataPart(safe.data),
    safe.lineage && lineagePart(safe.lineage),
    safe.cost && costPart(safe.cost),
    safe.repeat && repeatPart(safe.repeat),
  ];
  const shown = parts.filter((part) => part !== undefined);
  const body = html`
    ${verdictHead(safe.head)} ${shown.length > 1 && contents(shown)}
    <main>
      ${shown.map(
        ({ id, title, content }) =>
          html`<section aria-labelledby="${id}">
            <h2 id="${id}">${title}</h2>
            ${content}
          </section> `,
      )}
    </main>
  `;
  return page(`${safe.head.title} – evaluation report`, body, STYLE);
}

const contents = (parts: readonly Part[]): Html =>
  html`<nav aria-label="Contents">
    <ul>
      ${parts.map((part) => html`<li>${linkTo(part)}</li>`)}
    </ul>
  </nav>`;
