import { BUDGET_SCOPES, BUDGET_UNITS, type BudgetScope, type BudgetUnit } from '../../configs/budget.ts';
import type { BudgetBounds } from '../../configs/continuous.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { spendingBounds } from '../../configs/spending-bounds.ts';
import { now } from './clock.ts';
import { givenUpCosts, orderedCost } from './job-claims.ts';
import type { Ledger } from './open.ts';
import { spendingOf } from './replies.ts';
import type { ReservationRow } from './schema.ts';

export type Cost = Record<BudgetUnit, number>;

/** A bound that is reached, or would be. */
export interface Reached {
  scope: BudgetScope;
  unit: BudgetUnit;
  /** Spent, and set aside for what is under way. */
  used: number;
  wanted: number;
  bound: number;
}

export interface NewReservation {
  /** Run and step, as the execution is called. */
  id: string;
  runId: string;
  line: string;
  wanted: Cost;
  bounds: BudgetBounds;
}

/**
 * Books what the run has spent so far, and sets aside what a step may cost, if that fits into every bound; if not,
 * nothing is written and the bounds that it would pass are named. What is set aside already under the id stays as it is.
 */
export async function reserve(
  ledger: Ledger,
  { id, runId, line, wanted, bounds }: NewReservation,
): Promise<{ reserved: true } | { reserved: false; reached: Reached[] }> {
  return ledger.transaction().execute(async (tx) => {
    await bookRun(tx, runId, false);
    const found = await tx.selectFrom('reservations').select('status').where('id', '=', id).executeTakeFirst();
    if (found && found.status !== 'released') return { reserved: true };
    const month = now().slice(0, 7);
    const reached = await reachedBy(tx, { runId, line, month, bounds, wanted });
    if (reached.length > 0) return { reserved: false, reached };
    await write(tx, { id, runId, line, month, status: 'reserved', cost: wanted });
    return { reserved: true };
  });
}

/** Bounds of which nothing is left; none: something is. */
export async function exhausted(
  ledger: Ledger,
  { runId, line, bounds }: Pick<NewReservation, 'runId' | 'line' | 'bounds'>,
): Promise<Reached[]> {
  const wanted = { usd: 0, tokens: 0, trainerSeconds: 0 };
  return reachedBy(ledger, { runId, line, month: now().slice(0, 7), bounds, wanted });
}

/**
 * Bounds in the recipe of a run that one more job of this price would pass; what a person raised for the run alone is
 * not among them. None: it fits.
 */
export async function passedBy(ledger: Ledger, { runId, usd }: { runId: string; usd: number }): Promise<Reached[]> {
  return ledger.transaction().execute(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .select(['pipeline', 'recipe_json'])
      .where('id', '=', runId)
      .executeTakeFirst();
    const bounds = run && spendingBounds(JSON.parse(run.recipe_json) as Recipe);
    if (!bounds) return [];
    await bookRun(tx, runId, false);
    const wanted = { usd, tokens: 0, trainerSeconds: 0 };
    return reachedBy(tx, { runId, line: run.pipeline, month: now().slice(0, 7), bounds, wanted });
  });
}

/** What a scope has spent, and what is set aside in it. */
export async function usedIn(
  ledger: Ledger,
  scope: { run: string } | { line: string; month?: string | undefined },
): Promise<Cost> {
  const sums = await ledger
    .selectFrom('reservations')
    .select((eb) => [
      eb.fn.sum<number | null>('usd').as('usd'),
      eb.fn.sum<number | null>('tokens').as('tokens'),
      eb.fn.sum<number | null>('trainer_seconds').as('trainerSeconds'),
    ])
    .where('status', '!=', 'released')
    .$call((query) => {
      if ('run' in scope) return query.where('run_id', '=', scope.run);
      const ofLine = query.where('line', '=', scope.line);
      return scope.month === undefined ? ofLine : ofLine.where('month', '=', scope.month);
    })
    .executeTakeFirstOrThrow();
  return {
    usd: Number(sums.usd ?? 0),
    tokens: Number(sums.tokens ?? 0),
    trainerSeconds: Number(sums.trainerSeconds ?? 0),
  };
}

/** Steps whose cost is that of the asks they made, which are counted one by one. */
const ASKING_STEPS = ['synthesize', 'judge'];

/**
 * Books what the completed steps of a run, and its asks, did cost, in place of what was set aside for them. Steps that
 * were taken from the cache cost nothing. Booking again changes nothing.
 *
 * @param isOver Whether nothing more comes: then what is set aside for steps that did not complete is given back, but
 * for the share of a training that was done, and for all of a job that was ordered at a vendor.
 */
export async function bookRun(tx: Ledger, runId: string, isOver: boolean): Promise<void> {
  const run = await tx.selectFrom('runs').select('pipeline').where('id', '=', runId).executeTakeFirst();
  if (!run) return;
  const executions = await tx
    .selectFrom('executions')
    .select(['id', 'instance', 'step', 'status', 'cached_from', 'cost_json', 'progress_json', 'ended_at'])
    .where('run_id', '=', runId)
    .execute();
  const known = new Map(
    (await tx.selectFrom('reservations').selectAll().where('run_id', '=', runId).execute()).map((row) => [row.id, row]),
  );
  await bookAsks(tx, runId, run.pipeline, known.get(`${runId}/asks`));
  await bookGivenUp(tx, runId, run.pipeline, known);
  for (const { id, instance, step, status, cached_from, cost_json, progress_json, ended_at } of executions) {
    if (ASKING_STEPS.includes(step)) continue;
    const before = known.get(id);
    if (before?.status === 'settled') continue;
    const month = before?.month ?? (ended_at ?? now()).slice(0, 7);
    const settled = (cost: Cost) => write(tx, { id, runId, line: run.pipeline, month, status: 'settled', cost });
    if (status === 'completed') {
      const cost = cached_from === null ? withPrice(costIn(cost_json, step), before, saysUsd(cost_json)) : NOTHING;
      if (before || BUDGET_UNITS.some((unit) => cost[unit] > 0)) await settled(cost);
    } else if (isOver) {
      const ordered = await orderedCost(tx, runId, instance);
      if (ordered) {
        await settled({ usd: ordered.usd, tokens: ordered.tokens ?? before?.tokens ?? 0, trainerSeconds: 0 });
        continue;
      }
      if (before?.status !== 'reserved') continue;
      const share = shareIn(progress_json);
      if (share === 0) continue;
      await settled({
        usd: before.usd * share,
        tokens: Math.round(before.tokens * share),
        trainerSeconds: before.trainer_seconds * share,
      });
    }
  }
  if (!isOver) return;
  await tx
    .updateTable('reservations')
    .set({ status: 'released', usd: 0, tokens: 0, trainer_seconds: 0, at: now() })
    .where('run_id', '=', runId)
    .where('status', '=', 'reserved')
    .execute();
}

/** Asks are paid for whether or not their step completes; one row a run for all of them. */
async function bookAsks(tx: Ledger, runId: string, line: string, before: ReservationRow | undefined): Promise<void> {
  const { asks, promptTokens, completionTokens, usd, unsure } = await spendingOf(tx, runId);
  if (asks === 0) return;
  const cost = { usd: usd + unsure.usd, tokens: promptTokens + completionTokens + unsure.tokens, trainerSeconds: 0 };
  if (before && before.tokens === cost.tokens && before.usd === cost.usd) return;
  const month = before?.month ?? now().slice(0, 7);
  await write(tx, { id: `${runId}/asks`, runId, line, month, status: 'settled', cost });
}

/** A job that a watchdog or a person gave up for a later try has cost money, too; one row a job. */
async function bookGivenUp(
  tx: Ledger,
  runId: string,
  line: string,
  known: ReadonlyMap<string, ReservationRow>,
): Promise<void> {
  for (const { label, usd, tokens } of await givenUpCosts(tx, runId)) {
    const id = `${runId}/job/${label}`;
    const month = known.get(id)?.month ?? now().slice(0, 7);
    await write(tx, {
      id,
      runId,
      line,
      month,
      status: 'settled',
      cost: { usd, tokens: tokens ?? 0, trainerSeconds: 0 },
    });
  }
}

/** Rounding of sums must not refuse what fits exactly. */
const SLACK = 1e-9;

const NOTHING: Cost = { usd: 0, tokens: 0, trainerSeconds: 0 };

async function reachedBy(
  ledger: Ledger,
  ask: { runId: string; line: string; month: string; bounds: BudgetBounds; wanted: Cost },
): Promise<Reached[]> {
  const { runId, line, month, bounds, wanted } = ask;
  const within = { run: { run: runId }, line: { line }, month: { line, month } };
  const reached: Reached[] = [];
  for (const scope of BUDGET_SCOPES) {
    const bound = bounds[scope];
    if (!bound) continue;
    const used = await usedIn(ledger, within[scope]);
    for (const unit of BUDGET_UNITS) {
      const most = bound[unit];
      if (most === undefined) continue;
      if (used[unit] >= most - SLACK || used[unit] + wanted[unit] > most + SLACK)
        reached.push({ scope, unit, used: used[unit], wanted: wanted[unit], bound: most });
    }
  }
  return reached;
}

async function write(
  tx: Ledger,
  row: { id: string; runId: string; line: string; month: string; status: ReservationRow['status']; cost: Cost },
): Promise<void> {
  const { id, runId, line, month, status, cost } = row;
  const values = {
    id,
    run_id: runId,
    line,
    month,
    status,
    usd: cost.usd,
    tokens: Math.round(cost.tokens),
    trainer_seconds: cost.trainerSeconds,
    at: now(),
  };
  await tx
    .insertInto('reservations')
    .values(values)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

/** Of the seconds that steps take, only those of training are the trainer's. */
function costIn(costJson: string, step: string): Cost {
  const {
    usd = 0,
    tokens = 0,
    seconds = 0,
  } = JSON.parse(costJson) as { usd?: number; tokens?: number; seconds?: number };
  return { usd, tokens, trainerSeconds: step === 'tune' ? seconds : 0 };
}

/** Whether the step itself said what it cost; a job that another run has paid for cost nothing. */
const saysUsd = (costJson: string): boolean => 'usd' in (JSON.parse(costJson) as object);

/** A tuner that tells what it trained and not what it bills: the price is the one that was set aside by. */
function withPrice(cost: Cost, before: ReservationRow | undefined, isKnown: boolean): Cost {
  if (isKnown || !before || before.tokens === 0) return cost;
  return { ...cost, usd: (before.usd * cost.tokens) / before.tokens };
}

/** How much of a training was done before it ended early, from 0 to 1. */
function shareIn(progressJson: string | null): number {
  const { step = 0, steps = 0 } = JSON.parse(progressJson ?? '{}') as { step?: number; steps?: number };
  return steps > 0 ? Math.min(1, step / steps) : 0;
}
