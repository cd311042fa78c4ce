import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScheduleSpec } from '../../configs/schedule.ts';
import { RecipeSchema } from '../../configs/recipe.ts';
import { simulatedRow, USUAL_LEARNER } from '../../test/support/simulated.ts';
import { createSchedule } from '../../worker/schedules/change.ts';
import { openPlace, type Place } from './place.ts';

/** How many schedules there are, and when they act. */
export interface ScheduleOrder {
  count: number;
  /** Seconds between two actions of one schedule; a divisor or a multiple of 60. */
  every: number;
  /** Actions of each that are measured. */
  rounds: number;
  /** Whether all of them are also due in one second. */
  burst: boolean;
}

export const FULL_SCHEDULES: ScheduleOrder = { count: 1000, every: 300, rounds: 1, burst: true };
export const QUICK_SCHEDULES: ScheduleOrder = { count: 10, every: 5, rounds: 1, burst: false };

/** Actions that were due in one stretch of time. Times in seconds. */
export interface Actions {
  due: number;
  started: number;
  /** From the time due to the first thing the run wrote. */
  late: { p50: number; p99: number; max: number };
  /** From the first thing a run wrote to its end. */
  skip: { p50: number; p99: number; max: number };
  /** Reasons other than the expected one. */
  unexpected: string[];
}

export interface ScheduleFigures {
  order: ScheduleOrder;
  createSeconds: number;
  /** A skip with nothing else at work. */
  alone: { p50: number; max: number };
  spread: Actions;
  burst: Actions | null;
  /** Resident memory of the process with the worker in MiB: before, at most, and after. */
  memory: { before: number; most: number; after: number };
  /** Of the server, at most. */
  serverMemory: number;
}

const REASON = /^too few new rows: 20 of the 1000 asked for/;

/** Schedules whose runs find too few rows and skip: what the clock and the worker make of a thousand of them. */
export async function measureSchedules(order: ScheduleOrder): Promise<ScheduleFigures> {
  const place = await openPlace(USUAL_LEARNER);
  try {
    const data = join(place.folder, 'rows.jsonl');
    const rows = Array.from({ length: 20 }, (_, i) => simulatedRow('billing', i));
    writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const alone = await skipsAlone(place, data);
    const memory = watchMemory(place);
    const started = performance.now();
    await inLanes(order.count, (i) => create(place, data, i, order));
    const createSeconds = (performance.now() - started) / 1000;
    // However long making them took: from any second on, each is due once in the time between two of its actions.
    const from = (Math.floor(Date.now() / 1000) + 1) * 1000;
    const spread = await actionsIn(place, from, from + order.every * order.rounds * 1000, order.count * order.rounds);
    const burst = order.burst ? await allAtOnce(place, order) : null;
    return { order, createSeconds, alone, spread, burst, ...memory() };
  } finally {
    await place.close();
  }
}

const nameOf = (i: number): string => `line-${i + 1}`;

const recipeOf = (name: string, data: string) =>
  RecipeSchema.parse({
    name,
    data: { train: { uri: data }, split: { test: 0.4 }, template: { prompt: '{{q}}', completion: '{{a}}' } },
    model: { base: '/simulated/base' },
    continuous: { minNewRows: 1000 },
  });

/** One after the other, by hand. */
async function skipsAlone(place: Place, data: string): Promise<{ p50: number; max: number }> {
  const times: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    const started = performance.now();
    await place.client.workflow.execute('continuous', {
      taskQueue: 'anneal-control',
      workflowId: `alone-${i}`,
      args: [{ recipe: recipeOf('alone', data), startedBy: 'bench', trigger: 'cli' }],
    });
    times.push((performance.now() - started) / 1000);
  }
  // The first two warm up.
  const { p50, max } = quantiles(times.slice(2));
  return { p50, max };
}

async function create(place: Place, data: string, i: number, { every, count }: ScheduleOrder): Promise<void> {
  const name = nameOf(i);
  // Evenly over the time between two actions.
  const at = Math.floor((i * every) / count);
  const second = at % Math.min(60, every);
  const minute = Math.floor(at / 60);
  const cron = every <= 60 ? `${second}-59/${every} * * * * * *` : `${second} ${minute}-59/${every / 60} * * * * *`;
  const spec = ScheduleSpec.parse({ cron: [cron], folder: place.folder });
  const recipe = recipeOf(name, data);
  await createSchedule(place, { name, file: join(place.folder, 'recipe.yaml'), recipe, spec, actor: 'bench' });
}

/** Every schedule once in one second. */
async function allAtOnce(place: Place, { count }: ScheduleOrder): Promise<Actions> {
  const at = new Date((Math.floor(Date.now() / 60_000) + 2) * 60_000);
  const [day, month] = [at.getUTCDate(), at.getUTCMonth() + 1];
  const cron = `0 ${at.getUTCMinutes()} ${at.getUTCHours()} ${day} ${month} * ${at.getUTCFullYear()}`;
  await inLanes(count, async (i) =>
    place.client.schedule.getHandle(nameOf(i)).update((now) => ({ ...now, spec: { cronExpressions: [cron] } })),
  );
  return actionsIn(place, at.getTime(), at.getTime() + 1000, count);
}

/** How long runs may take to come after the last was due, in seconds. */
const PATIENCE = 180;

async function actionsIn(place: Place, from: number, to: number, due: number): Promise<Actions> {
  type Run = { id: string; started_at: string; ended_at: string | null; reason: string | null };
  let runs: (Run & { at: number })[] = [];
  await sleep(Math.max(0, to - Date.now()));
  for (const deadline = Date.now() + PATIENCE * 1000; Date.now() < deadline; await sleep(500)) {
    const all = await place.ledger
      .selectFrom('runs')
      .select(['id', 'started_at', 'ended_at', 'reason'])
      .where('started_at', '>=', new Date(from).toISOString())
      .execute();
    runs = all
      .map((run) => ({ ...run, at: Date.parse(/\d{4}-\d\d-\d\dT[\d:]+Z$/.exec(run.id)?.[0] ?? '') }))
      .filter(({ at }) => at >= from && at < to);
    if (runs.length >= due && runs.every(({ ended_at }) => ended_at !== null)) break;
  }
  const seconds = (a: string | number, b: string): number =>
    (Date.parse(b) - (typeof a === 'number' ? a : Date.parse(a))) / 1000;
  return {
    due,
    started: runs.length,
    late: quantiles(runs.map(({ at, started_at }) => seconds(at, started_at))),
    skip: quantiles(runs.map(({ started_at, ended_at }) => seconds(started_at, ended_at ?? ''))),
    unexpected: runs.flatMap(({ reason }) => (REASON.test(reason ?? '') ? [] : [reason ?? 'not ended'])).slice(0, 5),
  };
}

function quantiles(values: readonly number[]): { p50: number; p99: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN };
}

const LANES = 8;

async function inLanes(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Looks at the memory of both processes every second, in MiB. */
function watchMemory({ serverPid }: Place): () => Pick<ScheduleFigures, 'memory' | 'serverMemory'> {
  const own = (): number => process.memoryUsage.rss() / 2 ** 20;
  const before = own();
  let [most, serverMemory] = [before, 0];
  const timer = setInterval(() => {
    most = Math.max(most, own());
    serverMemory = Math.max(serverMemory, rssOf(serverPid));
  }, 1000);
  return () => {
    clearInterval(timer);
    return { memory: { before, most, after: own() }, serverMemory };
  };
}

/** MiB of another process; NaN where the system does not tell. */
function rssOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
