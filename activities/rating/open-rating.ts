import { join } from 'node:path';
import { z } from 'zod';
import { writeLines } from '../../data/lines.ts';
import { questionOf } from '../../evaluation/judges/texts.ts';
import type { JudgedRow } from '../../evaluation/judges/methods/method.ts';
import type { Pair } from '../../evaluation/ratings/rating.ts';
import { drawPairs } from '../../evaluation/ratings/task.ts';
import { judgedRows } from '../judging/judged-rows.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';

export const OpenRatingParams = z.strictObject({
  /** Pairs to draw among those whose answers differ. */
  labels: z.int().min(1),
  /** 1 for the first; each round draws on where the one before ended. */
  round: z.int().min(1),
  seed: z.int().min(0).default(0),
});
export type OpenRatingParams = z.infer<typeof OpenRatingParams>;

/**
 * Draws pairs of answers for people to compare.
 *
 * Inputs: `test` (Dataset: the rows that were asked), `candidatePredictions` and `championPredictions`.
 * Output: `task` (RatingTask, JSON lines: pairs, and rows that are known without asking).
 */
export function createOpenRating(deps: Deps): Step<OpenRatingParams> {
  return defineStep(deps, {
    name: 'openRating',
    version: '1',
    params: OpenRatingParams,
    run: async (context) => {
      const { labels, round, seed } = context.params;
      const rows = (await judgedRows(context)).map(pairOf);
      const { pairs, known, differing } = drawPairs(rows, { items: labels, seed, after: (round - 1) * labels });
      const file = writeLines(join(context.scratch, 'task.jsonl'));
      for (const line of [...pairs, ...known]) file.write(line);
      file.close();
      const meta = { pairs: pairs.length, rows: rows.length, round };
      return {
        outputs: { task: await context.save('RatingTask', { file: file.path }, meta) },
        facts: { pairs: pairs.length, differing, rows: rows.length },
      };
    },
  });
}

/** A row as people read it. */
export function pairOf({ row, candidate, champion }: JudgedRow): Pair {
  const { reference } = row;
  return {
    id: row.id,
    prompt: questionOf(row).text,
    ...(reference.trim() === '' ? {} : { reference }),
    candidate,
    champion,
  };
}
