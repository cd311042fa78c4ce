import * as Plot from '@observablehq/plot';
import { colorOf, compact } from '../../../data/report/charts.ts';
import type { Color } from '../../../data/report/charts.ts';
import { draw } from '../../../data/report/draw.ts';
import { number } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';

/** A line of a chart; the second and later ones are dashed, so that no colour is needed to tell them apart. */
export interface Curve {
  name: string;
  color: Color;
  points: readonly { x: number; y: number }[];
}

/** Points a line is drawn with; more would not be seen. */
const POINTS = 300;

/** Means of neighbours, at most 300; values that are no number are left out. */
export function thinned(points: Curve['points']): { x: number; y: number }[] {
  const known = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const each = Math.ceil(known.length / POINTS);
  if (each <= 1) return known;
  return Array.from({ length: Math.ceil(known.length / each) }, (_, at) => {
    const group = known.slice(at * each, (at + 1) * each);
    const meanOf = (pick: (point: { x: number; y: number }) => number) =>
      group.reduce((sum, point) => sum + pick(point), 0) / group.length;
    return { x: meanOf(({ x }) => x), y: meanOf(({ y }) => y) };
  });
}

/** Lines over steps; `mark` is a step to point at. */
export function curveChart(
  curves: readonly Curve[],
  { alt, unit, mark }: { alt: string; unit: string; mark?: { at: number; name: string } | undefined },
): Html {
  return draw(
    {
      height: 210,
      marginLeft: 48,
      marginRight: 20,
      marginTop: 22,
      marginBottom: 36,
      x: {
        label: unit,
        labelAnchor: 'right',
        labelArrow: false,
        ticks: 5,
        tickFormat: (step: number) => (step < 100_000 ? number(step) : compact(step)),
      },
      y: {
        label: null,
        ticks: 5,
        grid: true,
        nice: true,
        tickFormat: (value: number) => String(+value.toPrecision(4)),
      },
      marks: [
        mark ? Plot.ruleX([mark.at], { stroke: 'var(--ink)', strokeDasharray: '2 3' }) : null,
        mark
          ? Plot.text([mark], {
              x: 'at',
              text: 'name',
              frameAnchor: 'top',
              textAnchor: 'end',
              dx: 4,
              dy: -14,
              fontSize: 10.5,
              fill: 'var(--soft)',
            })
          : null,
        curves.map(({ points, color }, at) => [
          Plot.lineY(points, {
            x: 'x',
            y: 'y',
            stroke: colorOf(color),
            strokeWidth: 2,
            ...(at > 0 ? { strokeDasharray: '6 4' } : {}),
          }),
          // A line of few points would not show where they are, one of one point not at all.
          points.length <= 40 ? Plot.dot(points, { x: 'x', y: 'y', fill: colorOf(color), r: at > 0 ? 3 : 1.5 }) : null,
        ]),
      ],
    },
    alt,
  );
}
