import { html } from '../../../data/report/html.ts';
import type { Piece } from '../../../data/report/html.ts';
import { figure } from '../../../data/report/page.ts';
import { curveChart, thinned } from '../charts/curve-chart.ts';
import type { Curve } from '../charts/curve-chart.ts';
import type { TrainingCurve } from '../model.ts';
import { count, spell } from '../numbers.ts';
import { aside } from '../part.ts';
import type { Part } from '../part.ts';

/** Loss by step. */
export function trainingPart({ train, heldOut = [], chosenStep, note }: TrainingCurve): Part {
  const pointsOf = (losses: TrainingCurve['train']) => thinned(losses.map(({ step, loss }) => ({ x: step, y: loss })));
  const curves: Curve[] = [
    { name: 'training rows', color: 'a' as const, points: pointsOf(train) },
    { name: 'held-out rows', color: 'b' as const, points: pointsOf(heldOut) },
  ];
  const lost = [...train, ...heldOut].filter(({ loss }) => !Number.isFinite(loss)).length;
  const ends = [
    lastOf('training', train),
    lastOf('held-out', heldOut),
    lost > 0 && `${count(lost)} losses were no numbers and are not drawn.`,
  ];
  const mark = chosenStep === undefined ? undefined : { at: chosenStep, name: `chosen: step ${count(chosenStep)}` };
  const caption: Piece = html`<span class="line a" aria-hidden="true"></span> training rows
    ${heldOut.length > 0 && html`<span class="line b" aria-hidden="true"></span> held-out rows, dashed`}`;
  return {
    id: 'training',
    title: 'Training',
    content: html`
      ${
        curves.some(({ points }) => points.length > 0)
          ? html`<div class="charts">
              ${figure('Loss by step', curveChart(curves, { alt: 'Loss by training step', unit: 'step', mark }), caption)}
            </div>`
          : html`<p class="none">No loss was reported.</p>`
      }
      ${ends.map(aside)} ${aside(note)}
    `,
  };
}

function lastOf(name: string, losses: TrainingCurve['train']): string | false {
  const known = losses.filter(({ loss }) => Number.isFinite(loss));
  const [start, end] = [known[0], known.at(-1)];
  if (!start || !end) return false;
  return `Loss on ${name} rows: ${spell(start.loss)} at step ${count(start.step)}, ${spell(end.loss)} at step ${count(end.step)}.`;
}
