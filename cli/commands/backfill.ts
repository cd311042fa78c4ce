import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Duration } from '../../configs/duration.ts';
import { modelNameOf } from '../../configs/names.ts';
import { readRecipe } from '../../configs/recipe-file.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { isDatasetRef, isFarUri } from '../../configs/source-paths.ts';
import { readGate } from '../../worker/gates/backtest.ts';
import type { BackfillPeriod } from '../../workflows/backfill.ts';
import { startBackfill } from '../backfill.ts';
import { UsageError } from '../command.ts';
import { checkContinuous } from '../schedules.ts';
import { actor, withState } from '../state.ts';

interface Flags {
  periods?: readonly string[];
  byTime?: string;
  every?: string;
  from?: string;
  to?: string;
  whatIf?: string;
  lanes: number;
  set?: readonly string[];
  html?: string;
  detach: boolean;
  json: boolean;
}

/** Replays history period by period, and shows what would have happened. */
export async function backfill(flags: Flags, file: string, ...more: readonly string[]): Promise<number> {
  // `--periods a b c`: the first belongs to the flag, the others follow the recipe.
  const paths = [...(flags.periods ?? []), ...more];
  const { byTime, every, from, to } = flags;
  if (paths.length > 0 === (byTime !== undefined))
    throw new UsageError(
      'give the periods as files (--periods week-1.jsonl week-2.jsonl …), or a column to cut them by (--by-time COLUMN --every 1w)',
    );
  if (paths.length > 0 && flags.periods === undefined) throw new UsageError('files of periods go behind --periods');
  if (!Number.isInteger(flags.lanes) || flags.lanes < 1 || flags.lanes > 64)
    throw new UsageError('--lanes: expected a whole number from 1 to 64');
  const cut = byTime === undefined ? undefined : cutOf({ column: byTime, every, from, to });
  const periods = paths.map(periodOf);
  return withState(async (state) => {
    const sets = flags.set ?? [];
    const read = (uri?: unknown) =>
      readRecipe(file, uri === undefined ? sets : [...sets, `data.train.uri=${JSON.stringify(uri)}`]);
    const recipe = await checkContinuous(read(), file, { fieldsOnly: periods.length > 0 });
    // A period without rows is one that is skipped, and no reason to replay nothing.
    const filled = periods.flatMap(({ data }) => data ?? []).filter((path) => !isEmpty(path));
    if (filled.length > 0) await checkContinuous(read(filled), file);
    const replayed = flags.whatIf === undefined ? recipe : await whatIf(recipe, flags.whatIf);
    const input = { recipe: replayed, startedBy: actor(), lanes: flags.lanes };
    return startBackfill(state, cut ? { ...input, byTime: cut } : { ...input, periods }, {
      detach: flags.detach,
      json: flags.json,
      html: flags.html,
    });
  });
}

const isEmpty = (path: string): boolean => existsSync(path) && statSync(path).size === 0;

function periodOf(path: string): BackfillPeriod {
  if (isFarUri(path)) return { name: basename(path), data: [path] };
  if (isDatasetRef(path) && !existsSync(resolve(path))) return { name: path, data: [path] };
  if (!/[*?[]/.test(path) && !existsSync(resolve(path)))
    throw new UsageError(`${path} does not exist: check the path of the period, from the current folder`);
  return { name: basename(path), data: [resolve(path)] };
}

function cutOf({
  column,
  every,
  from,
  to,
}: {
  column: string;
  every?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}) {
  if (every === undefined) throw new UsageError('--by-time needs --every: the length of a period, e.g. 1w');
  const length = Duration.safeParse(every);
  if (!length.success) throw new UsageError(`--every: ${length.error.issues[0]?.message ?? 'not a length of time'}`);
  for (const [name, date] of Object.entries({ from, to }))
    if (date !== undefined && Number.isNaN(Date.parse(date)))
      throw new UsageError(`--${name}: expected a date such as 2026-01-31, found "${date}"`);
  return { column, every, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** The same line under another name and another gate: its aliases, versions and watermark are its own. */
async function whatIf(recipe: Recipe, file: string): Promise<Recipe> {
  const gate = await readGate(file);
  const mark = createHash('sha256').update(canonicalJson(gate)).digest('hex').slice(0, 6);
  const named = (name: string): string => `${name.slice(0, 50)}.if-${mark}`;
  const { approve: _approve, notify: _notify, ...rest } = recipe;
  return {
    ...rest,
    name: named(recipe.name),
    gate,
    register: { ...recipe.register, model: named(modelNameOf(recipe)) },
  };
}
