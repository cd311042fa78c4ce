import { existsSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { messageOf } from '../../configs/failure.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import { BadRatings, FORMATS, readRatings, writeRatings, type Format } from '../../evaluation/ratings/form.ts';
import type { Side } from '../../evaluation/ratings/rating.ts';
import { summarise } from '../../evaluation/ratings/summary.ts';
import { keepRatings, listRatings, openRatings, ratingsOfRun } from '../../worker/rating/ratings.ts';
import { ratingsOf, type Header } from '../../worker/rating/sessions.ts';
import { awaitedTask, taskOf, taskOfFiles, taskOfRun, type RatingTask, type Shelf } from '../../worker/rating/tasks.ts';
import { BadPredictions } from '../../worker/scoring/rows.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { UsageError } from '../command.ts';
import { noteText, paint, print, printJson, shortDigest, table, tell } from '../output.ts';
import { handIn } from '../rating/hand-in.ts';
import { rateTask } from '../rating/session.ts';
import { resolveRef } from '../refs.ts';
import { actor, noState, readState, withState, type State } from '../state.ts';
import { writeOutput } from '../write-output.ts';

interface Flags {
  items: string;
  seed: string;
  rater?: string;
  scale?: string;
  side?: string;
  hideReference: boolean;
  finish: boolean;
  keep: boolean;
  ratings?: string;
  json: boolean;
}

/** Has a person rate answers, blind; ratings of a task that a run waits for are handed in. */
export async function rate(flags: Flags, ref: string, other?: string): Promise<void> {
  const mode = modeOf(flags);
  const rater = flags.rater ?? actor();
  if (rater === '' || rater.length > 200) throw new UsageError('--rater: expected a name of 1 to 200 characters');
  await withState(async (state) => {
    const shelf = shelfOf(state);
    const opened = await open(state, shelf, flags, [ref, other]);
    const { task, run, waits } = opened;
    if (waits && mode.scale) throw new UsageError('the run waits for people to compare answers: leave --scale out');
    if (flags.ratings !== undefined) return handInOther(state, shelf, opened, flags);
    if (task.pairs.length === 0)
      throw new UsageError(
        `there is nothing to rate: ${task.known === 0 ? 'no row was answered' : `the answers to all ${task.known} rows are equal, or one did not come`}`,
      );
    const header: Header = { task: task.digest, rater, seed: whole('seed', flags.seed, 0), ...mode };
    const left = await rateTask(state.home, task, header, {
      hideReference: flags.hideReference,
      finish: flags.finish,
      show: flags.json ? tell : print,
    });
    const ratings = ratingsOf(state.home, header, task.pairs);
    const { raters: _raters, ...summary } = summarise(ratings);
    const isDone = (left === 0 || flags.finish) && ratings.length > 0;
    const kept = isDone
      ? await keepRatings(shelf, ratings, { task: task.digest, ...(run ? { run: run.id } : {}) })
      : undefined;
    const isHandedIn = kept !== undefined && run !== undefined && waits && !flags.keep;
    if (isHandedIn) await handIn(state, run, task.digest, kept);
    if (flags.json)
      return printJson({ ratings: kept?.digest ?? null, ...summary, left, task: task.digest, handedIn: isHandedIn });
    if (!kept) return print(`\n${task.pairs.length - left} rated, ${left} left: the same command goes on`);
    tellResult(kept, summary, isHandedIn ? run : undefined);
  });
}

interface Opened {
  task: RatingTask;
  run?: RunRow;
  /** The run waits for these ratings. */
  waits: boolean;
}

async function open(
  { ledger }: State,
  shelf: Shelf,
  flags: Flags,
  [ref, other]: readonly [string, string | undefined],
): Promise<Opened> {
  const drawing = { items: whole('items', flags.items, 1), seed: whole('seed', flags.seed, 0) };
  if (other !== undefined) {
    const task = await taskOfFiles(shelf, [ref, other], drawing).catch((error: unknown) => {
      if (error instanceof BadPredictions) throw new UsageError(error.message);
      throw error;
    });
    return { task, waits: false };
  }
  const run = await findRun(ledger, ref);
  if (!run) {
    const resolved = await resolveRef(ledger, ref).catch((error: unknown) => {
      if (existsSync(ref)) throw new UsageError(`answers are rated in pairs: give a second file beside ${ref}`);
      throw error;
    });
    if (!('digest' in resolved)) throw new UsageError(`"${ref}" is neither a run nor a rating task`);
    return { task: await taskOf(shelf, resolved.digest), waits: false };
  }
  const awaited = await awaitedTask(shelf, run);
  return awaited
    ? { task: awaited, run, waits: true }
    : { task: await taskOfRun(shelf, run, drawing), run, waits: false };
}

/** Ratings that were made elsewhere, e.g. in a spreadsheet, and imported. */
async function handInOther(state: State, shelf: Shelf, { task, run, waits }: Opened, flags: Flags): Promise<void> {
  if (!run || !waits) throw new UsageError('--ratings: there is no run here that waits for ratings');
  const digest = await digestOfRatings(state, shelf, flags.ratings ?? '');
  const ratings = await openRatings(shelf, digest);
  const known = new Map(task.pairs.map((pair) => [pair.id, pair]));
  for (const { id, candidate, champion, choice } of ratings) {
    const pair = known.get(id);
    if (choice === undefined) throw new UsageError('--ratings: these are scores, and the run waits for comparisons');
    if (!pair || pair.candidate !== candidate || pair.champion !== champion)
      throw new UsageError(
        `--ratings: the rating of ${id} is of other answers than those that run ${run.id} asks about`,
      );
  }
  const ref: ArtifactRef = { digest, type: 'Ratings' };
  await handIn(state, run, task.digest, ref);
  const { raters: _raters, ...summary } = summarise(ratings);
  if (flags.json) return printJson({ ratings: digest, ...summary, task: task.digest, handedIn: true });
  tellResult(ref, summary, run);
}

function tellResult(
  { digest }: ArtifactRef,
  { n, candidate, champion, same, skipped, meanScore, agreement }: Omit<ReturnType<typeof summarise>, 'raters'>,
  run: RunRow | undefined,
): void {
  print(`\nratings  ${digest}`);
  print(
    meanScore === undefined
      ? `         ${n}: candidate ${candidate}, champion ${champion}, the same ${same}${skipped > 0 ? `, skipped ${skipped}` : ''}`
      : `         ${n}: mean score ${+meanScore.toFixed(4)}${skipped > 0 ? `, skipped ${skipped}` : ''}`,
  );
  if (agreement)
    print(
      `         Krippendorff's alpha of the raters ${agreement.alpha === null ? 'is not defined' : agreement.alpha.toFixed(3)} over ${agreement.items} pairs`,
    );
  if (run) print(`handed in: run ${run.id} goes on; \`anneal show ${run.id}\` shows it`);
}

/** Writes ratings as CSV or JSON lines. */
export async function exportRatings(
  flags: { format: string; output?: string; json: boolean },
  ref: string,
): Promise<void> {
  const format = formatOf(flags.format);
  await readState(async (state) => {
    const shelf = shelfOf(state);
    const digest = await digestOfRatings(state, shelf, ref);
    const ratings = await openRatings(shelf, digest);
    const text = writeRatings(ratings, format);
    // With --json stdout is one document: rows go to a file.
    const file =
      flags.output ?? (flags.json ? `${shortDigest(digest).replace('sha256:', 'ratings-')}.${format}` : undefined);
    if (file === undefined) {
      process.stdout.write(text);
      return;
    }
    await writeOutput('--output', file, text);
    if (flags.json) printJson({ ratings: digest, file, n: ratings.length });
    else tell(`${ratings.length} ratings written to ${file}`);
  }, noState);
}

/** Reads ratings that people gave elsewhere. */
export async function importRatings(flags: { format?: string; json: boolean }, file: string): Promise<void> {
  const format = formatOf(flags.format ?? extname(file).slice(1).toLowerCase());
  const ratings = readFile(file, format);
  await withState(async (state) => {
    const { digest } = await keepRatings(shelfOf(state), ratings, { file: basename(file) });
    const { raters: _raters, ...summary } = summarise(ratings);
    if (flags.json) printJson({ ratings: digest, ...summary });
    else tellResult({ digest, type: 'Ratings' }, summary, undefined);
  });
}

function readFile(file: string, format: Format): ReturnType<typeof readRatings> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${messageOf(error)}): give a CSV or JSONL file in UTF-8`);
  }
  try {
    return readRatings(text, format, file);
  } catch (error) {
    if (error instanceof BadRatings) throw new UsageError(error.message);
    throw error;
  }
}

/** Lists ratings, newest first. */
export async function ratings(flags: { json: boolean }): Promise<void> {
  const found = await readState(
    (state) => listRatings(shelfOf(state)),
    () => [],
  );
  if (flags.json) return printJson(found);
  if (found.length === 0) return print('no ratings yet: `anneal rate RUN` or `anneal rate A.jsonl B.jsonl` begins');
  const rows = found.map(({ digest, at, raters, n, candidate, champion, same, meanScore, run, file }) => [
    shortDigest(digest),
    at.slice(0, 16).replace('T', ' '),
    noteText(raters.join(', ')),
    String(n),
    meanScore === undefined ? `${candidate} / ${champion} / ${same}` : `mean ${+meanScore.toFixed(3)}`,
    noteText(run ?? file ?? ''),
  ]);
  print(
    table([
      ['ratings', 'at', 'by', 'n', 'candidate / champion / same', 'of'].map((title) => paint('dim', title)),
      ...rows,
    ]),
  );
}

const shelfOf = ({ home, ledger }: State): Shelf => ({ ledger, store: openShelfStore(home, ledger) });

async function digestOfRatings({ ledger }: State, shelf: Shelf, ref: string): Promise<string> {
  const resolved = await resolveRef(ledger, ref);
  if ('run' in resolved) return ratingsOfRun(shelf, resolved.run);
  const found = await findArtifact(ledger, resolved.digest);
  if (found?.type !== 'RatingTask') return resolved.digest;
  const newest = (await listRatings(shelf)).find(({ task }) => task === resolved.digest);
  if (newest) return newest.digest;
  throw new UsageError(`nobody has rated the task ${ref}: \`anneal rate ${ref}\` begins`);
}

function modeOf({ scale, side }: Flags): { scale?: [number, number]; side?: Side } {
  if (scale === undefined) {
    if (side !== undefined) throw new UsageError('--side: is for --scale; pairs show both sides');
    return {};
  }
  const found = /^(-?\d{1,6})-(-?\d{1,6})$/.exec(scale);
  const [low, high] = [Number(found?.[1]), Number(found?.[2])];
  if (!found || !(low < high))
    throw new UsageError(`--scale: expected the lowest and highest score, e.g. 1-5, found "${scale}"`);
  if (side !== undefined && side !== 'candidate' && side !== 'champion')
    throw new UsageError(`--side: expected candidate or champion, found "${side}"`);
  return { scale: [low, high], side: side ?? 'candidate' };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= 1_000_000) return value;
  throw new UsageError(`--${name}: expected a whole number from ${least} to 1000000, found "${text}"`);
}

function formatOf(text: string): Format {
  const found = FORMATS.find((format) => format === text);
  if (found) return found;
  throw new UsageError(`--format: expected ${FORMATS.join(' or ')}, found "${text}"`);
}
