import type { Cell, Standing } from './cell.ts';
import type { LedgerFigures } from './ledger.ts';
import type { Actions, ScheduleFigures } from './schedules.ts';
import type { Harm } from './truth.ts';

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const headed = (names: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(names), row(names.map(() => '---')), ...rows.map(row)].join('\n');

/** What became of the truth, cell by cell. */
export function truthTable(cells: readonly Cell[]): string {
  const names = [
    'world',
    'recipe',
    'weeks',
    'promoted',
    'rejected',
    'inconclusive',
    'false promotions',
    'worst of them',
    'true quality: first → last champion',
    'mean over the weeks',
    'forgotten',
    'weeks until shuffled labels are rejected',
    'harmful weeks promoted',
    'wrong rows learned later',
  ];
  return headed(
    names,
    standingsOf(cells).map(({ world, variant, weeks, outcomes, truth }) => [
      world,
      variant,
      weeks,
      truth.promotions,
      outcomes['rejected'] ?? 0,
      outcomes['inconclusive'] ?? 0,
      truth.falsePromotions,
      truth.falsePromotions === 0 ? '–' : (-truth.worstPromotion).toFixed(3),
      `${truth.first.toFixed(3)} → ${truth.last.toFixed(3)}`,
      truth.average.toFixed(3),
      truth.forgotten.toFixed(3),
      delaysOf(truth.harm),
      truth.harm.length === 0 ? '–' : truth.harm.reduce((sum, { promoted }) => sum + promoted, 0),
      truth.wrongRows.all === 0 ? '–' : `${truth.wrongRows.learned} of ${truth.wrongRows.all}`,
    ]),
  );
}

/** Those of equal length stand together, world by world. */
function standingsOf(cells: readonly Cell[]): (Standing & Pick<Cell, 'world' | 'variant'>)[] {
  const all = cells.flatMap((cell) => [cell, ...(cell.earlier ? [{ ...cell, ...cell.earlier }] : [])]);
  const worlds = [...new Set(all.map(({ world }) => world))];
  return worlds.flatMap((world) => all.filter((one) => one.world === world).toSorted((a, b) => b.weeks - a.weeks));
}

/** `1, 2, not`: one number an episode. */
const delaysOf = (harm: readonly Harm[]): string =>
  harm.length === 0 ? '–' : harm.map(({ delay }) => delay ?? 'not').join(', ');

/** What the lines cost. */
export function costTable(cells: readonly Cell[]): string {
  const names = [
    'world',
    'recipe',
    'weeks',
    'champions',
    's a period near week 10',
    'week 260',
    'week 520',
    'events in the longest run',
    'KB of its history',
    'events of the replay (goes on as new)',
    'ledger, MB',
  ];
  return headed(
    names,
    cells.map(({ world, variant, weeks, costs }) => [
      world,
      variant,
      weeks,
      costs.champions,
      near(costs.seconds, 10),
      near(costs.seconds, 260),
      near(costs.seconds, 520),
      costs.mostEvents,
      Math.round(costs.mostBytes / 1000),
      costs.replayEvents,
      (costs.ledgerBytes / 1e6).toFixed(1),
    ]),
  );
}

/** Mean of ten periods that end about there. */
function near(seconds: readonly number[], week: number): string {
  if (seconds.length < week) return '–';
  const some = seconds.slice(Math.max(0, week - 10), week);
  return (some.reduce((sum, value) => sum + value, 0) / some.length).toFixed(2);
}

/** Queries of a large ledger. */
export function ledgerTable({ size, bytes, fillSeconds, queries }: LedgerFigures): string {
  const about = `A ledger with ${size.rows.toLocaleString('en')} consumed rows of one line, ${size.slices} slices, ${size.models} champions, each measured on every slice: ${(bytes / 1e6).toFixed(0)} MB, filled in ${fillSeconds.toFixed(0)} s.`;
  const rows = queries.map(({ name, p50, max, found }) => [name, found, p50.toFixed(1), max.toFixed(1)]);
  return `${about}\n\n${headed(['query', 'found', 'p50, ms', 'max, ms'], rows)}`;
}

/** Schedules that skip. */
export function scheduleTable(figures: ScheduleFigures): string {
  const { order, createSeconds, alone, spread, burst, memory, serverMemory } = figures;
  const rows = [
    [`spread over ${order.every} s`, ...cellsOf(spread)],
    ...(burst ? [['all due in one second', ...cellsOf(burst)]] : []),
  ];
  const names = ['actions', 'due', 'started', 'late, p50 / p99 / max, s', 'a skip takes, p50 / p99 / max, s'];
  return [
    `${order.count} schedules on one worker, made in ${createSeconds.toFixed(0)} s; every run skips for want of rows. With nothing else at work a skip takes ${alone.p50.toFixed(2)} s (p50; max ${alone.max.toFixed(2)}). Memory of the worker: ${memory.before.toFixed(0)} MiB before, ${memory.most.toFixed(0)} at most, ${memory.after.toFixed(0)} after; of the Temporal server ${serverMemory.toFixed(0)} at most.`,
    '',
    headed(names, rows),
  ].join('\n');
}

function cellsOf({ due, started, late, skip }: Actions): (string | number)[] {
  const three = ({ p50, p99, max }: Actions['late']): string =>
    [p50, p99, max].map((value) => value.toFixed(2)).join(' / ');
  return [due, started, three(late), three(skip)];
}
