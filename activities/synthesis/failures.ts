import { refsOf } from '../../artifacts/ledger/executions.ts';
import type { EvalReport, ScoredItem } from '../evaluation/report.ts';
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
  deps: Deps,
  report: string,
  classOf: (row: TestRow) => string | undefined,
): Promise<Map<string, number>> {
  const { store } = deps;
  const { test } = JSON.parse((await store.read(report)).toString('utf8')) as EvalReport;
  const wrong = new Set<string>();
  for (const { id, candidate } of await itemsOf(deps, report)) {
    const score = candidate['exactMatch'] ?? candidate['tokenF1'];
    if (score !== undefined && score !== null && score < 1) wrong.add(id);
  }
  const failures = new Map<string, number>();
  for (const row of rowsIn<TestRow>(await store.path(test))) {
    const label = wrong.has(row.id) ? classOf(row) : undefined;
    if (label !== undefined) failures.set(label, (failures.get(label) ?? 0) + 1);
  }
  return failures;
}

/** The scored items behind a report; those of earlier versions stand in the report itself. */
async function itemsOf({ ledger, store }: Deps, report: string): Promise<Iterable<ScoredItem>> {
  const { items } = JSON.parse((await store.read(report)).toString('utf8')) as { items: unknown };
  if (Array.isArray(items)) return items as ScoredItem[];
  const made = await ledger
    .selectFrom('edges')
    .select('execution_id')
    .where('digest', '=', report)
    .where('direction', '=', 'out')
    .limit(1)
    .executeTakeFirst();
  const scores = made && (await refsOf(ledger, made.execution_id, 'out'))['scores'];
  return scores ? rowsIn<ScoredItem>(await store.path(scores.digest)) : [];
}
