import { enterArtifact, findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { listExecutions, outcomeOf } from '../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import type { Store } from '../../artifacts/store.ts';
import { judgedRows } from '../../activities/judging/judged-rows.ts';
import { pairOf } from '../../activities/rating/open-rating.ts';
import { terminal } from '../../configs/failure.ts';
import { rowsIn } from '../../data/lines.ts';
import { TaskLine, type Pair } from '../../evaluation/ratings/rating.ts';
import { drawPairs, type Drawing } from '../../evaluation/ratings/task.ts';
import { readScoringRows, type ScoringRow } from '../scoring/rows.ts';

export interface Shelf {
  ledger: Ledger;
  store: Store;
}

/** Pairs of answers that people are asked to compare. */
export interface RatingTask {
  digest: string;
  pairs: Pair[];
  /** Rows whose answers are equal, or where one did not come: nobody is asked. */
  known: number;
}

/** Opens a task that is there. @throws TerminalError `NoRatingTask` for an artifact that is none. */
export async function taskOf({ ledger, store }: Shelf, digest: string): Promise<RatingTask> {
  const found = await findArtifact(ledger, digest);
  if (found?.type !== 'RatingTask')
    throw terminal(
      'NoRatingTask',
      `${digest} is ${found ? `an artifact of type ${found.type}` : 'not in the ledger'}: give a run, the digest of a rating task, or two files of predictions`,
    );
  const pairs: Pair[] = [];
  let known = 0;
  for (const value of rowsIn<unknown>(await store.path(digest))) {
    const line = TaskLine.parse(value);
    if ('known' in line) known += 1;
    else pairs.push(line);
  }
  return { digest, pairs, known };
}

/** The task that a run waits for people to rate; undefined: it waits for none. */
export async function awaitedTask(shelf: Shelf, run: RunRow): Promise<RatingTask | undefined> {
  if (run.status !== 'running' || run.waiting === null) return undefined;
  const last = (await listExecutions(shelf.ledger, run.id)).at(-1);
  if (last?.step !== 'openRating' || last.status !== 'completed') return undefined;
  const { outputs } = await outcomeOf(shelf.ledger, last);
  return outputs['task'] && taskOf(shelf, outputs['task'].digest);
}

/** Draws a task out of the last evaluation of a run. @throws TerminalError `NothingToRate` */
export async function taskOfRun(shelf: Shelf, run: RunRow, drawing: Drawing): Promise<RatingTask> {
  const rows = await listExecutions(shelf.ledger, run.id);
  const last = rows.findLast(({ step, status }) => step === 'evaluate' && status === 'completed');
  if (!last) throw terminal('NothingToRate', `run ${run.id} has evaluated nothing yet: there are no answers to rate`);
  const { outputs } = await outcomeOf(shelf.ledger, last);
  const path = async (role: string): Promise<string> => {
    const digest = outputs[role === 'test' ? 'rows' : role]?.digest;
    if (digest === undefined)
      throw terminal('NothingToRate', `run ${run.id} kept no answers: it is of an earlier version; evaluate again`);
    return shelf.store.path(digest);
  };
  return keep(shelf, (await judgedRows({ pathOf: path })).map(pairOf), drawing);
}

/** Draws a task out of two files of predictions for the same rows. @throws TerminalError `OtherRows` */
export async function taskOfFiles(
  shelf: Shelf,
  [candidate, champion]: readonly [string, string],
  drawing: Drawing,
): Promise<RatingTask> {
  const [ours, theirs] = [await read(candidate), await read(champion)];
  const missing = [...ours.keys()].find((id) => !theirs.has(id)) ?? [...theirs.keys()].find((id) => !ours.has(id));
  if (missing !== undefined) {
    const lacking = ours.has(missing) ? champion : candidate;
    throw terminal('OtherRows', `${lacking} has no row ${missing}: both files need a prediction for the same rows`);
  }
  const pairs = [...ours].map(([id, row]): Pair => {
    const other = theirs.get(id) as ScoringRow;
    const reference = row.references[0] ?? other.references[0] ?? undefined;
    return {
      id,
      prompt: promptOf(row) ?? promptOf(other) ?? '',
      ...(reference === undefined || reference === '' ? {} : { reference }),
      candidate: row.prediction,
      champion: other.prediction,
    };
  });
  return keep(shelf, pairs, drawing);
}

const promptOf = ({ row }: ScoringRow): string | undefined => {
  const prompt = row?.['prompt'];
  return typeof prompt === 'string' ? prompt : undefined;
};

async function read(file: string): Promise<Map<string, ScoringRow>> {
  const rows = new Map<string, ScoringRow>();
  for await (const row of readScoringRows(file)) {
    if (rows.has(row.id)) throw terminal('SameRowTwice', `${file} has the row ${row.id} twice: leave one of them`);
    rows.set(row.id, row);
  }
  return rows;
}

async function keep({ ledger, store }: Shelf, rows: readonly Pair[], drawing: Drawing): Promise<RatingTask> {
  const { pairs, known } = drawPairs(rows, drawing);
  const text = [...pairs, ...known].map((line) => `${JSON.stringify(line)}\n`).join('');
  const { digest } = await enterArtifact(ledger, 'RatingTask', await store.putBytes(text), {
    pairs: pairs.length,
    rows: rows.length,
  });
  return { digest, pairs, known: known.length };
}
