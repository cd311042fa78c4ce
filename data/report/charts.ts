import * as Plot from '@observablehq/plot';
import { cut } from '../look/cut.ts';
import type { Bar } from '../look/lengths.ts';
import { visible } from '../look/visible.ts';
import { draw } from './draw.ts';
import type { Html } from './html.ts';

const LABEL_CHARACTERS = 20;

/** A bar with its name: one a name and series. */
export interface NamedValue {
  name: string;
  series: string;
  value: number;
  /** Colour; `a` and `b` are the two sides of a comparison. */
  color: Color;
}
export type Color = 'a' | 'b' | 'bad' | 'good';

/** A colour of the theme, for CSS and SVG. */
export const colorOf = (color: Color): string => `var(--${color})`;

/** Bars that lie, one group a name, for shares (`percent`) or counts; names are cut to what fits. */
export function barChart(
  values: readonly NamedValue[],
  { unit, alt, percent = false, stacked = false }: { unit: string; alt: string; percent?: boolean; stacked?: boolean },
): Html {
  const names = [...new Set(values.map(({ name }) => name))];
  const series = [...new Set(values.map(({ series }) => series))];
  const labels = new Map(names.map((name) => [name, cut(visible(name), LABEL_CHARACTERS)]));
  const longest = Math.max(...[...labels.values()].map((label) => label.length), 4);
  const lanes = stacked ? 1 : series.length;
  const scale = percent ? 100 : 1;
  const data = values.map((value) => ({ ...value, x: value.value * scale, fill: colorOf(value.color) }));
  const spell = (x: number) => (percent ? `${round(x)} %` : x < 10 ? String(round(x)) : compact(x));
  return draw(
    {
      height: 44 + names.length * (lanes * 13 + 9),
      marginLeft: Math.min(170, 14 + longest * 6.6),
      marginRight: 46,
      marginTop: 6,
      marginBottom: 38,
      x: {
        label: unit,
        labelAnchor: 'right',
        labelArrow: false,
        ticks: 4,
        grid: true,
        zero: true,
        tickFormat: compact,
      },
      fy: { label: null, domain: names, tickFormat: (name: string) => labels.get(name)!, axis: 'left', padding: 0.22 },
      y: { axis: null, padding: 0.05, ...(stacked ? {} : { domain: series }) },
      marks: [
        Plot.barX(data, { fy: 'name', ...(stacked ? {} : { y: 'series' }), x: 'x', fill: 'fill' }),
        stacked
          ? null
          : Plot.text(data, {
              fy: 'name',
              y: 'series',
              x: 'x',
              text: (value: { x: number }) => spell(value.x),
              textAnchor: 'start',
              dx: 4,
              fontSize: 10.5,
            }),
        Plot.ruleX([0]),
      ],
    },
    alt,
  );
}

/** A histogram on a log scale for each side, one above the other; `limit` is drawn as a line. */
export function histogramChart(
  sides: readonly { name: string; bars: readonly Bar[]; color: Color }[],
  { unit, alt, limit }: { unit: string; alt: string; limit?: { at: number; name: string } | undefined },
): Html {
  const data = sides.flatMap(({ name, bars, color }) => {
    const n = bars.reduce((sum, { rows }) => sum + rows, 0);
    return bars.map(({ from, to, rows }) => ({
      side: name,
      // Nothing has no place on a log scale: it stands left of 1.
      x1: Math.max(from, 0.5),
      x2: to,
      y: n ? (100 * rows) / n : 0,
      fill: colorOf(color),
    }));
  });
  const edges = data.flatMap(({ x1, x2 }) => [x1, x2]).concat(limit ? [limit.at] : []);
  const [low, high] = [Math.min(...edges), Math.max(...edges)];
  // The name of the limit stands on the side where there is room.
  const isRight = limit !== undefined && limit.at > Math.sqrt(low * high);
  return draw(
    {
      height: 46 + sides.length * 104,
      marginLeft: 44,
      marginRight: sides.length > 1 ? 46 : 16,
      marginTop: limit ? 22 : 10,
      marginBottom: 38,
      x: {
        type: 'log',
        domain: [low, high > low ? high : low * 2],
        label: unit,
        labelAnchor: 'right',
        labelArrow: false,
        ticks: ticksBetween(low, high),
        tickFormat: compact,
      },
      y: { label: null, ticks: 3, grid: true, zero: true, tickFormat: (value: number) => `${round(value)} %` },
      fy: { label: null, domain: sides.map(({ name }) => name), axis: sides.length > 1 ? 'right' : null },
      marks: [
        Plot.rect(data, {
          fy: 'side',
          x1: 'x1',
          x2: 'x2',
          y1: 0,
          y2: 'y',
          fill: 'fill',
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0]),
        limit ? Plot.ruleX([limit.at], { stroke: 'var(--bad)', strokeWidth: 1.5, strokeDasharray: '4 3' }) : null,
        limit
          ? Plot.text([limit], {
              fy: () => sides[0]?.name,
              x: 'at',
              text: 'name',
              frameAnchor: 'top',
              textAnchor: isRight ? 'end' : 'start',
              dx: isRight ? -4 : 4,
              dy: 2,
              fill: 'var(--bad)',
              fontSize: 11,
            })
          : null,
      ],
    },
    alt,
  );
}

/** Ticks that people read: 1, 10, 100 …; between few of them also 2 and 5 times those. */
function ticksBetween(low: number, high: number): number[] {
  const powers = Array.from({ length: 15 }, (_, at) => 10 ** at);
  const within = (ticks: number[]) => ticks.filter((tick) => tick >= low && tick <= high);
  const few = within(powers);
  if (few.length > 3) return few;
  const more = within(powers.flatMap((power) => [power, 2 * power, 5 * power]));
  if (more.length > 2) return more;
  return [...new Set([Math.ceil(low), Math.round(Math.sqrt(low * high)), Math.floor(high)])];
}

const round = (value: number): number => Number(value.toPrecision(value >= 100 ? 3 : 2));

const compactFormat = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
/** A number for an axis: 1.5K, 0.05. */
export const compact = (value: number): string =>
  value > 0 && value < 0.1 ? String(round(value)) : compactFormat.format(value);
