import { join } from 'node:path';
import { z } from 'zod';
import { registerDataset } from '../../artifacts/ledger/datasets.ts';
import { rowsIn, writeLines } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';

/** Column of a suite's rows that names the slice they belong to. */
export const SLICE_COLUMN = 'anneal.period';

export const SuiteParams = z.strictObject({
  line: z.string(),
  /** Name of the slice that this period adds. */
  period: z.string(),
  /** Who started the run, for the register of datasets. */
  actor: z.string(),
});
export type SuiteParams = z.infer<typeof SuiteParams>;

/**
 * The test set of a line grows by the test rows of a period, as a new frozen version: what was in it stays as it was.
 *
 * Inputs: `test` (Dataset of the period's test rows), `before` (Dataset: the suite so far; absent at first).
 * Outputs: `test` (Dataset: the suite), `slice` (Dataset: the rows that are new in it, absent where none is).
 */
export function createSuite(deps: Deps): Step<SuiteParams> {
  return defineStep(deps, {
    name: 'suite',
    version: '1',
    params: SuiteParams,
    keyed: ({ actor: _actor, ...rest }) => rest,
    run: async (context) => {
      const { line, period, actor } = context.params;
      const suite = writeLines(join(context.scratch, 'suite.jsonl'));
      const slice = writeLines(join(context.scratch, 'slice.jsonl'));
      const ids = new Set<string>();
      if (context.inputs['before'])
        for (const row of rowsIn<TestRow>(await context.pathOf('before'))) {
          ids.add(row.id);
          suite.write(row);
        }
      const before = suite.count;
      for (const row of rowsIn<TestRow>(await context.pathOf('test'))) {
        if (ids.has(row.id)) continue;
        ids.add(row.id);
        const named = { ...row, columns: { ...row.columns, [SLICE_COLUMN]: period } };
        suite.write(named);
        slice.write(named);
      }
      suite.close();
      slice.close();
      const test = await context.save(
        'Dataset',
        { file: suite.path },
        { rows: suite.count, stage: 'suite', kind: 'suite' },
      );
      const about = { actor, runId: context.run.id };
      const { version } = await registerDataset(deps.ledger, {
        name: `${line}.suite`,
        digest: test.digest,
        kind: 'suite',
        rows: suite.count,
        ...about,
      });
      return {
        outputs: {
          test,
          ...(slice.count > 0
            ? {
                slice: await context.save(
                  'Dataset',
                  { file: slice.path },
                  { rows: slice.count, stage: 'slice', kind: 'eval' },
                ),
              }
            : {}),
        },
        facts: { suite: `${line}.suite@v${version}`, rows: suite.count, earlier: before, added: slice.count },
      };
    },
  });
}

/** The slice of a row of a suite. */
export const sliceOf = (row: TestRow): string => String(row.columns?.[SLICE_COLUMN] ?? 'p1');
