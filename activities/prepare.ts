import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../artifacts/canonical.ts';
import { terminal } from '../configs/failure.ts';
import { readJsonl } from '../data/jsonl.ts';
import { prepareRows, type SourceRow } from '../data/prepare.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const PrepareParams = z.strictObject({
  template: z.strictObject({ system: z.string().optional(), prompt: z.string(), completion: z.string() }),
  /** Share split off for testing when there is no test file. */
  testShare: z.number().optional(),
});
export type PrepareParams = z.infer<typeof PrepareParams>;

/**
 * Makes conversations out of rows, drops repeats, and keeps every prompt of the test set out of training.
 *
 * Inputs: `train`, and `test` where there is a test file. Outputs: `train`, `test` (Dataset), `statistics`.
 */
export function createPrepare(deps: Deps): Step<PrepareParams> {
  return defineStep(deps, {
    name: 'prepare',
    version: '1',
    params: PrepareParams,
    run: async (context) => {
      const { template, testShare } = context.params;
      const trainRows = await readLines(await context.pathOf('train'));
      const testRows = context.inputs['test'] ? await readLines(await context.pathOf('test')) : undefined;
      const { train, test, statistics } = prepareRows(template, trainRows, testRows, testShare ?? 0);
      if (test.length === 0) {
        const why = testRows
          ? 'every row of the test file is gone'
          : `a share of ${testShare} of ${trainRows.length} rows gave none`;
        throw terminal('EmptyTestSet', `the test set is empty after preparation (${why}): give more test rows`, {
          statistics,
        });
      }
      if (train.length === 0) {
        const { duplicates, inTestSet } = statistics.train;
        throw terminal(
          'EmptyTrainingSet',
          `no training row is left: ${duplicates} are repeats and the prompts of ${inTestSet} stand in the test set; training and test file must differ`,
          { statistics },
        );
      }
      const file = async (name: string, rows: unknown[]): Promise<string> => {
        const path = join(context.scratch, name);
        await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
        return path;
      };
      return {
        outputs: {
          train: await context.save(
            'Dataset',
            { file: await file('train.jsonl', train) },
            { rows: train.length, stage: 'prepared', use: 'sft' },
          ),
          test: await context.save(
            'Dataset',
            { file: await file('test.jsonl', test) },
            { rows: test.length, stage: 'prepared', use: 'eval' },
          ),
          statistics: await context.save('Statistics', { text: canonicalJson(statistics) }),
        },
        facts: {
          trainRows: train.length,
          testRows: test.length,
          duplicates: statistics.train.duplicates + statistics.test.duplicates,
          inTestSet: statistics.train.inTestSet,
        },
      };
    },
  });
}

async function readLines(path: string): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  // Not node:readline, which also ends lines at U+2028 and so breaks rows that hold one.
  for await (const found of readJsonl(createReadStream(path), Number.POSITIVE_INFINITY)) {
    if (!('row' in found)) throw new Error(`${path}:${found.line} ${found.reason}`);
    rows.push(found.row as unknown as SourceRow);
  }
  return rows;
}
