import { sql } from 'kysely';
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

/** Scores kept for a line and metric, of some models or of all, on one slice or on all. */
export async function keptScores(
  ledger: Ledger,
  { line, metric, models, slice }: { line: string; metric: string; models?: readonly string[]; slice?: string },
): Promise<SliceScores[]> {
  if (models?.length === 0) return [];
  const rows = await ledger
    .selectFrom('matrix')
    .select(['model', 'slice', 'scores'])
    .where('line', '=', line)
    .where('metric', '=', metric)
    .$if(models !== undefined, (query) => query.where('model', 'in', models as string[]))
    .$if(slice !== undefined, (query) => query.where('slice', '=', slice as string))
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

/** Slice by slice: the mean of one model, and the highest and lowest among all that were champions of the line. */
export async function meansBySlice(
  ledger: Ledger,
  { line, metric, model }: { line: string; metric: string; model: string },
): Promise<Map<string, { own: number | null; highest: number; lowest: number }>> {
  const { rows } = await sql<{ slice: string; own: number | null; highest: number; lowest: number }>`
    SELECT slice, max(mean) AS highest, min(mean) AS lowest, max(CASE WHEN model = ${model} THEN mean END) AS own
    FROM matrix
    WHERE line = ${line} AND metric = ${metric}
      AND model IN (SELECT model FROM watermarks WHERE line = ${line} AND outcome = 'accepted')
    GROUP BY slice`.execute(ledger);
  return new Map(rows.map(({ slice, ...means }) => [slice, means]));
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

/** Floats begin at a multiple of 8 bytes: bytes that do not are copied. */
function floatsOf(bytes: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float64Array(buffer as ArrayBuffer, byteOffset, byteLength / 8);
}
