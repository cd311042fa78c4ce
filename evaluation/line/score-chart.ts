import * as Plot from '@observablehq/plot';
import { cut } from '../../data/look/cut.ts';
import { visible } from '../../data/look/visible.ts';
import { draw } from '../../data/report/draw.ts';
import type { Html } from '../../data/report/html.ts';
import type { LineDocument, LinePeriod } from './model.ts';
import { spellScore } from './spell.ts';

/** Width in its own units: more than other charts, since years are to be seen. */
const WIDTH = 860;
const HEIGHT = 330;
const TOP = 14;
/** More periods than this have marks in lanes of their own, so that none hides another. */
const ONE_LANE = 60;
/** More slices than this are faint lines. */
const CLEAR = 12;
/** More slices than this have no names in the chart. */
const NAMED = 6;
/** Least distance of two names, in units of the chart. */
const APART = 14;
const LABEL_CHARACTERS = 14;

/** What became of a period: sign, colour and name. */
export const MARKS = {
  promoted: { sign: '▲', color: 'var(--good)', name: 'promoted' },
  rejected: { sign: '▼', color: 'var(--bad)', name: 'rejected' },
  inconclusive: { sign: '◆', color: 'var(--warn)', name: 'inconclusive' },
  other: { sign: '●', color: 'var(--soft)', name: 'better and not promoted, or unchanged' },
  skipped: { sign: '–', color: 'var(--soft)', name: 'runs skipped before it' },
} as const;

/** The kind of mark that a period has. */
export function markOf({ verdict, outcome }: LinePeriod): keyof typeof MARKS {
  if (outcome === 'accepted') return 'promoted';
  if (verdict === 'reject') return 'rejected';
  return verdict === 'inconclusive' ? 'inconclusive' : 'other';
}

/** The champion's score on each slice, and over all, period by period; below it what became of each period. */
export function scoreChart({ periods, slices, format, metric }: LineDocument): Html {
  const scale = format === 'share' ? 100 : 1;
  const points = slices.flatMap(({ slice }, at) =>
    periods.flatMap(({ generation, scores }) => {
      const score = scores[at];
      return score == null ? [] : [{ slice, at, x: generation, y: score * scale }];
    }),
  );
  const means = periods.flatMap(({ generation, mean }) => (mean === null ? [] : [{ x: generation, y: mean * scale }]));
  const values = [...points, ...means].map(({ y }) => y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(high) * 0.05, 0.5);
  const domain: [number, number] = [low - room, high + room];
  const [first, last] = [periods[0]?.generation ?? 1, periods.at(-1)?.generation ?? 1];
  const hasNames = slices.length <= NAMED;
  const isFaint = slices.length > CLEAR;
  const isLong = periods.length > ONE_LANE;
  const bottom = isLong ? 78 : 46;
  const plotHeight = HEIGHT - TOP - bottom;
  const names = hasNames ? namesAt(points, { domain, plotHeight }) : [];
  const labels = new Map(periods.map(({ generation, period }) => [generation, cut(visible(period), LABEL_CHARACTERS)]));
  const lanes = Object.keys(MARKS);
  const marked = (kind: keyof typeof MARKS) =>
    kind === 'skipped'
      ? periods.flatMap(({ generation, skipped: { count, words } }) =>
          count === 0 ? [] : [{ x: generation - 0.5, title: visible(`${count} skipped: ${words}`) }],
        )
      : periods
          .filter((period) => markOf(period) === kind)
          .map((period) => ({ x: period.generation, title: titleOf(period) }));
  const marks = (Object.keys(MARKS) as (keyof typeof MARKS)[]).map((kind) =>
    Plot.text(marked(kind), {
      x: 'x',
      frameAnchor: 'bottom',
      dy: isLong ? 12 + 10 * lanes.indexOf(kind) : 15,
      text: () => (isLong ? '|' : MARKS[kind].sign),
      fill: MARKS[kind].color,
      fontSize: isLong ? 7 : 11,
      title: 'title',
    }),
  );
  // The signs that say which lane is which.
  const heads = isLong
    ? (Object.keys(MARKS) as (keyof typeof MARKS)[]).map((kind) =>
        Plot.text([MARKS[kind]], {
          x: () => first,
          frameAnchor: 'bottom',
          dx: -14,
          dy: 12 + 10 * lanes.indexOf(kind),
          text: 'sign',
          fill: 'color',
          fontSize: 9,
        }),
      )
    : [];
  const unit = format === 'share' ? '%' : '';
  return draw(
    {
      height: HEIGHT,
      marginLeft: 52,
      marginRight: hasNames ? 112 : 24,
      marginTop: TOP,
      marginBottom: bottom,
      x: {
        domain: [first - 0.6, last + 0.6],
        label: null,
        ticks: ticksOf(periods),
        tickFormat: (generation: number) => labels.get(generation) ?? '',
        tickPadding: isLong ? 58 : 24,
        tickSize: 0,
      },
      y: {
        domain,
        label: null,
        ticks: 5,
        tickSize: 0,
        grid: true,
        tickFormat: (value: number) => `${+value.toPrecision(4)}${unit && ' %'}`.replace('-', '−'),
      },
      marks: [
        Plot.line(points, {
          x: 'x',
          y: 'y',
          z: 'at',
          curve: isFaint ? 'linear' : 'step-after',
          stroke: 'var(--a)',
          // The older a slice, the fainter.
          strokeOpacity: ({ at }: { at: number }) => (0.3 + (0.6 * (at + 1)) / slices.length) * (isFaint ? 0.5 : 1),
          strokeWidth: hasNames ? 1.8 : isFaint ? 0.7 : 1.1,
        }),
        Plot.dot(isFaint ? [] : points, {
          x: 'x',
          y: 'y',
          fill: 'var(--a)',
          fillOpacity: hasNames ? 1 : 0,
          r: hasNames ? 2.4 : 4,
          title: ({ slice, x, y }: { slice: string; x: number; y: number }) =>
            `${visible(slice)}, ${labels.get(x) ?? ''}: ${spellScore(y / scale, format)}${unit && ' %'}`,
        }),
        Plot.line(means, { x: 'x', y: 'y', curve: 'step-after', stroke: 'var(--ink)', strokeWidth: isLong ? 2 : 3 }),
        Plot.dot(means, { x: 'x', y: 'y', fill: 'var(--ink)', r: isLong ? 0 : 3 }),
        Plot.text(names, {
          x: () => last,
          y: 'y',
          text: 'name',
          dx: 12,
          textAnchor: 'start',
          fontSize: 11.5,
          fill: 'var(--ink)',
        }),
        marks,
        heads,
      ],
    },
    `The champion's ${visible(metric ?? 'score')} on ${slices.length} slices over ${periods.length} periods`,
    WIDTH,
  );
}

/** Names at the ends of lines, moved apart so that none lies on another. */
function namesAt(
  points: readonly { slice: string; at: number; x: number; y: number }[],
  { domain: [low, high], plotHeight }: { domain: [number, number]; plotHeight: number },
): { name: string; y: number }[] {
  const ends = [...Map.groupBy(points, ({ at }) => at).values()].flatMap((own) => own.at(-1) ?? []);
  const apart = (APART * (high - low)) / plotHeight;
  let below = -Infinity;
  const sorted = ends
    .toSorted((a, b) => a.y - b.y)
    .map(({ slice, y }) => {
      below = Math.max(y, below + apart);
      return { name: cut(visible(slice), LABEL_CHARACTERS), y: below };
    });
  // What was pushed over the top comes down again with what is under it.
  const over = Math.max(0, below - high);
  return sorted.map(({ name, y }, at) => ({
    name,
    y: over > 0 ? Math.min(y, high - apart * (sorted.length - 1 - at)) : y,
  }));
}

/** At most a dozen of the periods. */
function ticksOf(periods: readonly LinePeriod[]): number[] {
  const step = Math.max(1, Math.ceil(periods.length / 12));
  return periods.filter((_, at) => at % step === 0).map(({ generation }) => generation);
}

function titleOf(period: LinePeriod): string {
  const { name } = MARKS[markOf(period)];
  return visible(
    `${period.period}, ${period.at.slice(0, 10)}: ${name}${period.champion ? `; champion ${period.champion}` : ''}`,
  );
}
