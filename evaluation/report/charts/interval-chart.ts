import * as Plot from '@observablehq/plot';
import { cut } from '../../../data/look/cut.ts';
import { visible } from '../../../data/look/visible.ts';
import { colorOf, compact } from '../../../data/report/charts.ts';
import type { Color } from '../../../data/report/charts.ts';
import { draw } from '../../../data/report/draw.ts';
import type { Html } from '../../../data/report/html.ts';

/** A dot with its interval; an end that is not finite runs to the edge. */
export interface IntervalRow {
  name: string;
  value: number;
  ci?: readonly [number, number] | undefined;
  color: Color;
  shape?: 'circle' | 'square' | undefined;
  /** Written above the dot. */
  text: string;
}

/** A line across all rows, e.g. no difference. */
export interface Rule {
  at: number;
  name: string;
  isDashed?: boolean | undefined;
}

const LABEL_CHARACTERS = 22;

/** Dots and intervals, one a row; the axis spans what is shown and does not start at 0. */
export function intervalChart(
  rows: readonly IntervalRow[],
  {
    alt,
    unit = '',
    scale = 1,
    rules = [] as readonly Rule[],
  }: { alt: string; unit?: string; scale?: number; rules?: readonly Rule[] },
): Html {
  const known = rows.filter(({ value }) => Number.isFinite(value));
  const points = [...known.flatMap(({ value, ci }) => [value, ...(ci ?? [])]), ...rules.map(({ at }) => at)]
    .filter(Number.isFinite)
    .map((value) => value * scale);
  const [least, most] = [Math.min(...points), Math.max(...points)];
  const room = points.length === 0 || most === least ? Math.max(Math.abs(most || 0) * 0.1, 0.5) : (most - least) * 0.08;
  const domain = points.length === 0 ? [0, 1] : [least - room, most + room];
  const inside = (value: number, end: number) => (Number.isFinite(value) ? value * scale : end);
  // Rows of one name lie in one order whatever they are called: the place is the key.
  const data = known.map((row, at) => ({
    ...row,
    at: String(at),
    x: row.value * scale,
    x1: inside(row.ci?.[0] ?? row.value, domain[0]!),
    x2: inside(row.ci?.[1] ?? row.value, domain[1]!),
    fill: colorOf(row.color),
  }));
  const labels = data.map(({ name }) => cut(visible(name), LABEL_CHARACTERS));
  const longest = Math.max(4, ...labels.map((label) => label.length));
  const lines = rules.map((rule) => ({ ...rule, x: rule.at * scale }));
  // A per cent sign goes with each number.
  const hasLabel = unit !== '' && unit !== '%';
  const ofShape = (shape: 'circle' | 'square') => data.filter((row) => (row.shape ?? 'circle') === shape);
  return draw(
    {
      height: (hasLabel ? 44 : 32) + (rules.length > 0 ? 10 : 0) + data.length * 32,
      marginLeft: Math.min(170, 14 + longest * 6.6),
      marginRight: 20,
      marginTop: rules.length > 0 ? 22 : 8,
      marginBottom: hasLabel ? 36 : 24,
      x: {
        domain,
        label: hasLabel ? unit : null,
        labelAnchor: 'right',
        labelArrow: false,
        ticks: 5,
        grid: true,
        tickFormat: (value: number) => tick(value) + (unit === '%' ? ' %' : ''),
      },
      y: {
        domain: data.map(({ at }) => at),
        label: null,
        tickSize: 0,
        tickFormat: (at: string) => labels[Number(at)]!,
      },
      marks: [
        Plot.ruleX(
          lines.filter(({ isDashed }) => isDashed !== true),
          { x: 'x', stroke: 'var(--ink)', strokeWidth: 1 },
        ),
        Plot.ruleX(
          lines.filter(({ isDashed }) => isDashed === true),
          {
            x: 'x',
            stroke: 'var(--ink)',
            strokeDasharray: '4 3',
          },
        ),
        lines.map((rule) =>
          Plot.text([rule], {
            x: 'x',
            text: 'name',
            frameAnchor: 'top',
            dy: -13,
            // Names of two lines that are near each other go apart.
            textAnchor: lines.length === 1 ? 'middle' : lines.some(({ x }) => x > rule.x) ? 'end' : 'start',
            dx: lines.length === 1 ? 0 : lines.some(({ x }) => x > rule.x) ? 3 : -3,
            fill: 'var(--soft)',
            fontSize: 10.5,
          }),
        ),
        Plot.ruleY(data, { y: 'at', x1: 'x1', x2: 'x2', stroke: 'fill', strokeWidth: 2 }),
        Plot.dot(ofShape('circle'), { y: 'at', x: 'x', fill: 'fill', r: 4.5, symbol: 'circle' }),
        Plot.dot(ofShape('square'), {
          y: 'at',
          x: 'x',
          fill: 'var(--paper)',
          stroke: 'fill',
          strokeWidth: 2,
          r: 4.5,
          symbol: 'square',
        }),
        Plot.text(data, {
          y: 'at',
          x: 'x',
          text: 'text',
          dy: -11,
          fontSize: 10.5,
          fill: 'var(--ink)',
          stroke: 'var(--paper)',
          strokeWidth: 3,
        }),
      ],
    },
    alt,
  );
}

const tick = (value: number): string => {
  const text = Math.abs(value) >= 1000 ? compact(value) : String(+value.toPrecision(4));
  return text.replace('-', '−');
};
