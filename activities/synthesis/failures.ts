import type { EvalReport } from '../evaluate.ts';
import type { TestRow } from '../../data/row.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Deps } from '../step/deps.ts';

/**
 * The newest evaluation of a pipeline whose run did not make its rows as this one does: its own earlier result must
 * not change what is asked when nothing else changed.
 */
export async function lastReport({ ledger }: Deps, pipeline: string, family: string): Promise<string | undefined> {
  const rows = await ledger
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .innerJoin('edges', 'edges.execution_id', 'executions.id')
    .leftJoin('executions as made', (join) =>
      join.onRef('made.run_id', '=', 'executions.run_id').on('made.step', '=', 'synthesize'),
    )
    .select(['edges.digest', 'made.parts_json'])
    .where('runs.pipeline', '=', pipeline)
    .where('executions.step', '=', 'evaluate')
    .where('executions.status', '=', 'completed')
    .where('edges.direction', '=', 'out')
    .where('edges.role', '=', 'report')
    .orderBy('executions.started_at', 'desc')
    .limit(100)
    .execute();
  const other = rows.find(({ parts_json }) => {
    const parts = JSON.parse(parts_json ?? '{}') as Record<string, string>;
    return parts['identity.family'] !== family;
  });
  return other?.digest;
}

/** Test items that the candidate got wrong, counted by the class of what was expected; their texts stay where they are. */
export async function failuresIn(
  { store }: Deps,
  report: string,
  classOf: (row: TestRow) => string | undefined,
): Promise<Map<string, number>> {
  const { test, items } = JSON.parse((await store.read(report)).toString('utf8')) as EvalReport;
  const wrong = new Set(
    items.flatMap(({ id, candidate }) => {
      const score = candidate.exactMatch ?? candidate.tokenF1;
      return score !== undefined && score < 1 ? [id] : [];
    }),
  );
  const failures = new Map<string, number>();
  for (const row of rowsIn<TestRow>(await store.path(test))) {
    const label = wrong.has(row.id) ? classOf(row) : undefined;
    if (label !== undefined) failures.set(label, (failures.get(label) ?? 0) + 1);
  }
  return failures;
}
