import * as Plot from '@observablehq/plot';
import { draw } from '../../../data/report/draw.ts';
import { number } from '../../../data/report/html.ts';
import type { Html } from '../../../data/report/html.ts';

/** Items whose difference lies from `from` to `to`. */
export interface DifferenceBar {
  from: number;
  to: number;
  items: number;
}

/** Bars on each side of the one about 0. */
const SIDE = 10;
/** Of the tallest bar: a bar of one item beside one of thousands would not be seen. */
const LEAST_HEIGHT = 0.008;

/** Counts differences in bars of one width, the middle one about 0. */
export function differenceBars(values: readonly number[]): DifferenceBar[] {
  let reach = 0;
  for (const value of values) if (Number.isFinite(value)) reach = Math.max(reach, Math.abs(value));
  if (reach === 0) reach = 1;
  const width = reach / SIDE;
  const bars = Array.from({ length: 2 * SIDE + 1 }, (_, at) => ({
    from: (at - SIDE - 0.5) * width,
    to: (at - SIDE + 0.5) * width,
    items: 0,
  }));
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    // By size, so that equal gains and losses lie equally far out.
    bars[SIDE + Math.sign(value) * Math.round(Math.abs(value) / width)]!.items += 1;
  }
  return bars;
}

/** How differences are spread: worse to the left, better to the right. */
export function differenceChart(
  bars: readonly DifferenceBar[],
  { alt, unit, scale }: { alt: string; unit: string; scale: number },
): Html {
  const tallest = Math.max(...bars.map(({ items }) => items));
  const data = bars.map(({ from, to, items }) => ({
    x1: from * scale,
    x2: to * scale,
    items: items > 0 ? Math.max(items, tallest * LEAST_HEIGHT) : 0,
    fill: to < 0 ? 'var(--bad)' : from > 0 ? 'var(--good)' : 'var(--soft)',
  }));
  return draw(
    {
      height: 190,
      marginLeft: 44,
      marginRight: 16,
      marginTop: 24,
      marginBottom: 36,
      x: {
        label: unit,
        labelAnchor: 'right',
        labelArrow: false,
        ticks: 5,
        tickFormat: (value: number) => String(+value.toPrecision(3)).replace('-', '−'),
      },
      y: {
        label: null,
        ticks: 4,
        grid: true,
        zero: true,
        tickFormat: (value: number) => (Number.isInteger(value) ? number(value) : ''),
      },
      marks: [
        Plot.rect(data, { x1: 'x1', x2: 'x2', y1: 0, y2: 'items', fill: 'fill', insetLeft: 0.5, insetRight: 0.5 }),
        Plot.ruleY([0]),
        Plot.text(['◂ candidate worse'], { frameAnchor: 'top-left', dy: -16, fontSize: 10.5, fill: 'var(--bad)' }),
        Plot.text(['candidate better ▸'], { frameAnchor: 'top-right', dy: -16, fontSize: 10.5, fill: 'var(--good)' }),
      ],
    },
    alt,
  );
}
