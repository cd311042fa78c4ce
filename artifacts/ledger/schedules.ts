import type { Selectable } from 'kysely';
import { modelNameOf } from '../../configs/names.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { RunOptions } from '../../configs/refs.ts';
import { ScheduleSpec, ScheduleTold, triggerOfSchedule } from '../../configs/schedule.ts';
import { settle, type Ledger } from './open.ts';
import { audit } from './audit.ts';
import { now } from './runs.ts';
import type { RunRow, ScheduleRow } from './schema.ts';

/** A schedule as the ledger keeps it: what it was made from, and what was told of it. */
export interface KeptSchedule {
  name: string;
  /** The file that the recipe came from. */
  file: string;
  /** As the actions get it. */
  recipe: Recipe;
  spec: ScheduleSpec;
  told: ScheduleTold;
  createdAt: string;
  updatedAt: string;
  /** Who made or changed it last. */
  actor: string;
}

/** What is written when a schedule is made or changed. */
export type ScheduleWrite = Pick<KeptSchedule, 'name' | 'file' | 'recipe' | 'spec' | 'actor'>;

const kept = (row: Selectable<ScheduleRow>): KeptSchedule => ({
  name: row.name,
  file: row.recipe_path,
  recipe: JSON.parse(row.recipe_json) as Recipe,
  spec: ScheduleSpec.parse(JSON.parse(row.spec_json)),
  told: ScheduleTold.parse(JSON.parse(row.told_json)),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  actor: row.actor,
});

/**
 * Keeps a new schedule, or a changed one. What was told of it stays.
 * @param updated What changed, for the audit.
 */
export async function keepSchedule(ledger: Ledger, schedule: ScheduleWrite, updated?: string): Promise<void> {
  const { name, file, recipe, spec, actor } = schedule;
  const changed = {
    pipeline: recipe.name,
    recipe_path: file,
    recipe_json: JSON.stringify(recipe),
    spec_json: JSON.stringify(spec),
    updated_at: now(),
    actor,
  };
  await ledger.transaction().execute(async (tx) => {
    await tx
      .insertInto('schedules')
      .values({ name, ...changed, created_at: now(), told_json: textOf({}) })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(changed))
      .execute();
    if (updated !== undefined) await noteSchedule(tx, schedule, 'update', updated);
  });
  await settle(ledger);
}

/** Writes what was done with a schedule into the audit of its line of models. */
export async function noteSchedule(
  ledger: Ledger,
  { recipe, actor }: Pick<KeptSchedule, 'recipe' | 'actor'>,
  what: string,
  why: string,
): Promise<void> {
  await audit(ledger, { actor, action: `schedule ${what}`, name: modelNameOf(recipe), to: null, why });
}

/** The schedule of a name. */
export async function findSchedule(ledger: Ledger, name: string): Promise<KeptSchedule | undefined> {
  const row = await ledger.selectFrom('schedules').selectAll().where('name', '=', name).executeTakeFirst();
  return row && kept(row);
}

/** Every schedule, by name. */
export async function listSchedules(ledger: Ledger): Promise<KeptSchedule[]> {
  const rows = await ledger.selectFrom('schedules').selectAll().orderBy('name').execute();
  return rows.map(kept);
}

/** Takes a schedule out; its runs stay. */
export async function dropSchedule(ledger: Ledger, name: string): Promise<void> {
  await ledger.deleteFrom('schedules').where('name', '=', name).execute();
  await settle(ledger);
}

/** Notes what was told of a schedule. `false`: another process told something meanwhile, and nothing was written. */
export async function noteTold(
  ledger: Ledger,
  { name, before, told }: { name: string; before: ScheduleTold; told: ScheduleTold },
): Promise<boolean> {
  const { numUpdatedRows } = await ledger
    .updateTable('schedules')
    .set({ told_json: textOf(told) })
    .where('name', '=', name)
    .where('told_json', '=', textOf(before))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Always written in one way, so that it can be compared as text. */
const textOf = (told: Partial<ScheduleTold>): string => JSON.stringify(ScheduleTold.parse(told));

/** Actions of a schedule that were not taken, as one run. */
export interface NotTaken {
  /** The same for every time that it is told. */
  id: string;
  schedule: Pick<KeptSchedule, 'name' | 'recipe' | 'actor'>;
  reason: string;
}

/** Name of the workflow with which Temporal keeps a schedule; what was not taken has no workflow of its own. */
export const workflowOfSchedule = (name: string): string => `temporal-sys-scheduler:${name}`;

/** Enters actions that were not taken as one skipped run; told again, its reason is brought up to date. */
export async function noteNotTaken(ledger: Ledger, { id, schedule, reason }: NotTaken): Promise<void> {
  const { name, recipe, actor } = schedule;
  const at = now();
  await ledger
    .insertInto('runs')
    .values({
      id,
      pipeline: recipe.name,
      model: modelNameOf(recipe),
      recipe_json: JSON.stringify(recipe),
      options_json: JSON.stringify(RunOptions.parse({})),
      workflow_id: workflowOfSchedule(name),
      temporal_run_id: null,
      status: 'skipped',
      verdict: null,
      model_ref: null,
      error_json: null,
      started_by: actor,
      started_at: at,
      ended_at: at,
      waiting: null,
      kind: 'continuous',
      trigger: triggerOfSchedule(name),
      reason,
      period: null,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ reason }))
    .execute();
}

/** What has become of a schedule's actions. */
export interface ActionCounts {
  completed: number;
  skipped: number;
  /** Of those skipped: because another run of the line was at work. */
  overlapped: number;
  failed: number;
  cancelled: number;
  running: number;
}

/** Counts the runs that a schedule set going, by how they ended; records of actions not taken are not among them. */
export async function countActions(ledger: Ledger, name: string): Promise<ActionCounts> {
  const rows = await ledger
    .selectFrom('runs')
    .select((eb) => [
      'status',
      eb.fn.countAll<number>().as('count'),
      eb.fn.sum<number>(eb.case().when('reason', 'like', 'overlap:%').then(1).else(0).end()).as('overlapped'),
    ])
    .where('trigger', '=', triggerOfSchedule(name))
    .where('workflow_id', '!=', workflowOfSchedule(name))
    .groupBy('status')
    .execute();
  const counts: ActionCounts = { completed: 0, skipped: 0, overlapped: 0, failed: 0, cancelled: 0, running: 0 };
  for (const { status, count, overlapped } of rows) {
    counts[status] = Number(count);
    if (status === 'skipped') counts.overlapped = Number(overlapped);
  }
  return counts;
}

/** The last runs of a schedule, newest first, records of actions not taken among them. */
export async function lastActions(ledger: Ledger, name: string, limit: number): Promise<RunRow[]> {
  return ledger
    .selectFrom('runs')
    .selectAll()
    .where('trigger', '=', triggerOfSchedule(name))
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
