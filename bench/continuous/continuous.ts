import type { Outcome } from '../main.ts';
import type { Cell } from './cell.ts';
import { FULL_LEDGER, measureLedger, QUICK_LEDGER, type LedgerFigures } from './ledger.ts';
import { FULL_SCHEDULES, measureSchedules, QUICK_SCHEDULES, type ScheduleFigures } from './schedules.ts';
import { FULL, longestLine, ordersOf, QUICK, simulateAll } from './simulations.ts';
import { costTable, ledgerTable, scheduleTable, truthTable } from './table.ts';
import { VARIANTS } from './variants.ts';
import { WORLDS } from './worlds.ts';

export const usage = '[ledger | schedules | years] [--quick]';

const PARTS = ['ledger', 'schedules', 'years'] as const;
type Part = (typeof PARTS)[number];

/** Something that has to hold. */
interface Aim {
  name: string;
  value: number;
  aim: number;
  ok: boolean;
}

/**
 * Continuous tuning over ten years, with simulated models of known quality and all else real; a thousand schedules; and
 * the queries of a line of ten million rows. `--quick` is the form of every build, and is not logged.
 * Undefined: the options are others.
 */
export async function continuous(options: readonly string[]): Promise<Outcome | undefined> {
  const isQuick = options.includes('--quick');
  const [named, ...more] = options.filter((option) => option !== '--quick');
  if (more.length > 0 || (named !== undefined && !PARTS.some((part) => part === named))) return undefined;
  const does = (part: Part): boolean => named === undefined || named === part;
  const found: Found = {};
  if (does('ledger')) {
    say('queries of a large ledger');
    found.ledger = await measureLedger(isQuick ? QUICK_LEDGER : FULL_LEDGER);
  }
  if (does('schedules')) {
    say('schedules');
    found.schedules = await measureSchedules(isQuick ? QUICK_SCHEDULES : FULL_SCHEDULES);
  }
  if (does('years')) {
    const effort = isQuick ? QUICK : FULL;
    const cells = await simulateAll(ordersOf(effort));
    // By itself: how long its periods take is measured.
    const longest = await simulateAll(longestLine(effort), 1);
    found.cells = cells.filter((cell) => cell !== undefined);
    found.longest = longest.filter((cell) => cell !== undefined);
    found.lost = [...cells, ...longest].filter((cell) => cell === undefined).length;
  }
  const aims = aimsOf(found);
  return { ok: aims.every(({ ok }) => ok), aims: [...aims, found], table: tablesOf(found), isLogged: !isQuick };
}

export interface Found {
  ledger?: LedgerFigures;
  schedules?: ScheduleFigures;
  cells?: Cell[];
  longest?: Cell[];
  /** Cells that did not come to an end. */
  lost?: number;
}

const say = (what: string): void => void process.stderr.write(`${what} …\n`);

function aimsOf({ ledger, schedules, lost }: Found): Aim[] {
  const aim = (name: string, value: number, atMost: number): Aim => ({ name, value, aim: atMost, ok: value <= atMost });
  return [
    ...(ledger?.queries ?? []).map(({ name, p50 }) => aim(`${name}, p50, ms`, p50, 100)),
    ...(schedules ? [aim('a skip with nothing else at work, p50, s', schedules.alone.p50, 0.5)] : []),
    ...(schedules ? [aim('actions that did not start', schedules.spread.due - schedules.spread.started, 0)] : []),
    ...(lost === undefined ? [] : [aim('simulations that did not end', lost, 0)]),
  ];
}

function tablesOf({ ledger, schedules, cells, longest }: Found): string {
  const parts: string[] = [];
  if (cells) {
    const worlds = WORLDS.map(({ name, about }) => `- ${name}: ${about}`);
    const variants = Object.entries(VARIANTS).map(([name, about]) => `- ${name}: ${about}`);
    parts.push([...worlds, ...variants].join('\n'), truthTable(cells), costTable([...cells, ...(longest ?? [])]));
  }
  if (schedules) parts.push(scheduleTable(schedules));
  if (ledger) parts.push(ledgerTable(ledger));
  return parts.join('\n\n');
}
