import { sql } from 'kysely';
import type { Ledger } from './open.ts';

/** A training of a line that was done, with the settings that its cost depends on. */
export interface PastTraining {
  iterations: number;
  batchSize: number;
  tokens: number;
  seconds: number;
}

/** Trainings of a line, or on a base model, that did the work themselves; newest first. */
export async function pastTrainings(
  ledger: Ledger,
  limit: number,
  of: { line: string } | { base: string },
): Promise<PastTraining[]> {
  const rows = await ledger
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select(['executions.cost_json', 'executions.parts_json'])
    .where('executions.step', '=', 'tune')
    .where('executions.status', '=', 'completed')
    .where('executions.cached_from', 'is', null)
    .$call((query) =>
      'line' in of ? query.where('runs.pipeline', '=', of.line) : query.where(BASE_NAME, '=', of.base),
    )
    .orderBy('executions.started_at', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ cost_json, parts_json }) => {
    const { tokens, seconds } = JSON.parse(cost_json) as { tokens?: number; seconds?: number };
    const parts = JSON.parse(parts_json ?? '{}') as Record<string, string>;
    const [iterations, batchSize] = [Number(parts['params.iterations']), Number(parts['params.batchSize'])];
    const isWhole = tokens !== undefined && seconds !== undefined && iterations > 0 && batchSize > 0;
    return isWhole ? [{ iterations, batchSize, tokens, seconds }] : [];
  });
}

/** As `baseNameOf` says it of a recipe. */
const BASE_NAME = sql<string>`coalesce(
  json_extract(runs.recipe_json, '$.model.for.' || json_extract(runs.recipe_json, '$.tune.tuner')),
  json_extract(runs.recipe_json, '$.model.base')
)`;
