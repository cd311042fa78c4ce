import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { MatrixRow, SliceRow } from './schema.ts';

/** Scores of a model on the rows of a slice, in their order; NaN: not measured; Infinity: not asked, a row kept back. */
export interface SliceScores {
  model: string;
  slice: string;
  scores: Float64Array;
}

/** The slices of a line, oldest first. */
export async function listSlices(ledger: Ledger, line: string): Promise<SliceRow[]> {
  return ledger.selectFrom('slices').selectAll().where('line', '=', line).orderBy('generation').execute();
}

/** Keeps what models scored on slices; a model measured again on a slice has its new scores. */
export async function noteScores(
  ledger: Ledger,
  { line, metric, runId, worst }: { line: string; metric: string; runId: string; worst: number },
  found: readonly SliceScores[],
): Promise<void> {
  const rows = found.map(({ model, slice, scores }) => ({
    line,
    model,
    slice,
    metric,
    ...meanOf(scores, worst),
    scores: new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength),
    run_id: runId,
    at: now(),
  }));
  await ledger.transaction().execute(async (tx) => {
    for (const row of rows)
      await tx
        .insertInto('matrix')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['line', 'metric', 'slice', 'model']).doUpdateSet({
            n: row.n,
            mean: row.mean,
            scores: row.scores,
            run_id: row.run_id,
            at: row.at,
          }),
        )
        .execute();
  });
}

/** Scores kept for a line and metric, of some models or of all. */
export async function keptScores(
  ledger: Ledger,
  { line, metric, models }: { line: string; metric: string; models?: readonly string[] },
): Promise<SliceScores[]> {
  if (models?.length === 0) return [];
  const rows = await ledger
    .selectFrom('matrix')
    .select(['model', 'slice', 'scores'])
    .where('line', '=', line)
    .where('metric', '=', metric)
    .$if(models !== undefined, (query) => query.where('model', 'in', models as string[]))
    .execute();
  return rows.map(({ model, slice, scores }) => ({ model, slice, scores: floatsOf(scores) }));
}

/** Means kept for a line and metric, without the scores of single rows. */
export async function keptMeans(
  ledger: Ledger,
  line: string,
  metric: string,
): Promise<Pick<MatrixRow, 'model' | 'slice' | 'n' | 'mean'>[]> {
  return ledger
    .selectFrom('matrix')
    .select(['model', 'slice', 'n', 'mean'])
    .where('line', '=', line)
    .where('metric', '=', metric)
    .execute();
}

/** Models that were champions of a line by an accepted period, oldest first. */
export async function ancestors(ledger: Ledger, line: string): Promise<{ model: string; period: string }[]> {
  const rows = await ledger
    .selectFrom('watermarks')
    .select(['model', 'period'])
    .where('line', '=', line)
    .where('outcome', '=', 'accepted')
    .orderBy('generation')
    .execute();
  return rows.flatMap(({ model, period }) => (model === null ? [] : [{ model, period }]));
}

/** What was not measured counts as the worst. */
function meanOf(scores: Float64Array, worst: number): { n: number; mean: number } {
  const asked = scores.filter((score) => score !== Infinity);
  const sum = asked.reduce((all, score) => all + (Number.isNaN(score) ? worst : score), 0);
  return { n: asked.length, mean: sum / Math.max(1, asked.length) };
}

/** A copy that begins at a multiple of 8 bytes, as floats have to. */
function floatsOf(bytes: Uint8Array): Float64Array {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return new Float64Array(copy.buffer);
}
