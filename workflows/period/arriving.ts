import type { LineReading } from '../../activities/continuous/line-record.ts';
import { msOf } from '../../configs/duration-ms.ts';
import type { StepResult } from '../../configs/refs.ts';
import { ingestParams } from '../lifecycle.ts';
import { steps } from '../steps.ts';
import { errorOf } from '../story.ts';
import { settingsOf, Skipped, type AtWork, type Period } from './at-work.ts';

/** Brings the rows in; a source without any ends the run. */
export async function ingest({ run, recipe, data, story }: Period): Promise<StepResult> {
  const params = ingestParams(recipe);
  const { time } = settingsOf(recipe);
  const keep = [...new Set([...params.keep, ...(time === undefined ? [] : [time])])];
  const train = data === undefined ? params.train : { ...params.train, uris: data };
  try {
    return await story.step('ingest', () => steps.ingest({ run, params: { ...params, keep, train }, inputs: {} }));
  } catch (error) {
    const { type, message } = errorOf(error);
    if (type === 'EmptyData') throw new Skipped(`no rows: ${message}`);
    throw error;
  }
}

/** What the step that finds new rows has to know. */
export function arrivalsParams({ recipe, window }: Period, { generation }: LineReading) {
  const { source, take, minNewRows, time } = settingsOf(recipe);
  const { key } = recipe.data;
  return {
    line: recipe.name,
    generation,
    source,
    take,
    atLeast: minNewRows,
    ...(key === undefined ? {} : { key }),
    ...(time === undefined ? {} : { time }),
    ...(window === undefined ? {} : { window }),
  };
}

/** Whether enough has come in for a training. */
export function enoughOrSkip(
  { recipe, line, force }: AtWork,
  { waiting, rows, since }: { waiting: number; rows: number; since: string | null },
): void {
  const { minNewRows, maxAge } = settingsOf(recipe);
  // A person asked for a training from the base model: it needs no new rows.
  if (line.reanchor !== null && line.accepted > 0) return;
  if (rows === 0) throw new Skipped('no new rows since the last verdict');
  if (force || waiting >= minNewRows) return;
  const isOld = maxAge !== undefined && since !== null && Date.now() - Date.parse(since) >= msOf(maxAge);
  if (isOld) return;
  const waited = since === null ? '' : `, waiting since ${since}`;
  throw new Skipped(`too few new rows: ${waiting} of the ${minNewRows} asked for${waited}`);
}
