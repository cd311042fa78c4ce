import { z } from 'zod';
import { terminal } from '../../configs/failure.ts';
import { rowsIn } from '../../data/lines.ts';
import type { TestRow } from '../../data/row.ts';
import type { JudgedRow } from '../../evaluation/judges/methods/method.ts';
import type { StepContext } from '../step/context.ts';

const Prediction = z.object({ id: z.string(), text: z.string().nullable() });

/**
 * The rows of a test set with what both models answered.
 *
 * @throws TerminalError `MissingPredictions` when a row has no line.
 */
export async function judgedRows(context: Pick<StepContext<unknown>, 'pathOf'>): Promise<JudgedRow[]> {
  const answers = async (side: 'candidate' | 'champion'): Promise<Map<string, string | null>> => {
    const found = new Map<string, string | null>();
    for (const line of rowsIn<unknown>(await context.pathOf(`${side}Predictions`))) {
      const { id, text } = Prediction.parse(line);
      found.set(id, text);
    }
    return found;
  };
  const [candidate, champion] = [await answers('candidate'), await answers('champion')];
  return [...rowsIn<TestRow>(await context.pathOf('test'))].map((row) => {
    const [ours, theirs] = [candidate.get(row.id), champion.get(row.id)];
    if (ours === undefined || theirs === undefined)
      throw terminal(
        'MissingPredictions',
        `the ${ours === undefined ? 'candidate' : 'champion'} has no answer to row ${row.id}: judging needs both models on every row`,
      );
    return { row, candidate: ours, champion: theirs };
  });
}
