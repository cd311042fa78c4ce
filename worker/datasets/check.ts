import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { registeredSets } from '../../activities/eval-sets.ts';
import { openLedger } from '../../artifacts/ledger/open.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { isDatasetRef, keptColumns, urisOf, type Source } from '../../configs/data.ts';
import { terminal, TerminalError } from '../../configs/failure.ts';
import { limitsOf } from '../../configs/limits.ts';
import { trainingPrice } from '../../configs/prices.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { estimateTuning, type Range } from '../../data/estimate.ts';
import { IntakeTally, takeIn, type IntakeOrder } from '../../data/intake.ts';
import { rowsIn } from '../../data/lines.ts';
import { prepareDatasets, emptyProblem, withOwnTestSet, type PreparedStatistics } from '../../data/preparation.ts';
import type { Row } from '../../data/row.ts';
import { findFiles } from '../../data/sources/find.ts';
import type { SourceFile } from '../../data/sources/source.ts';
import { countTokens, estimateTokens } from '../../data/tokens/count.ts';
import type { TokenCounter } from '../../data/tokens/counter.ts';
import { loadTokenizer } from '../../data/tokens/hugging-face.ts';
import { openaiCounter } from '../../data/tokens/openai.ts';
import { roughCounter } from '../../data/tokens/rough.ts';
import type { Home } from '../home.ts';
import type { Preflight, PreflightOptions } from '../preflight.ts';
import { findDataset, type Shelf } from './open.ts';
import { trainingSpeed } from './speed.ts';

/** Without being asked to look closely, so many rows are gone through. */
const LOOK_ROWS = 20_000;
const LINES_NAMED = 5;

/** Reads the rows as the run would, prepares them in a folder of its own, and tells what would come out. */
export async function checkData(
  recipe: Recipe,
  home: Home,
  report: Preflight,
  options: PreflightOptions,
): Promise<void> {
  const ledger = existsSync(home.ledger) ? await openLedger(home.ledger) : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'anneal-check-'));
  try {
    const shelf = ledger && { ledger, store: createFileStore(home.store) };
    const look: Look = { recipe, shelf, report, limit: options.thorough ? Number.POSITIVE_INFINITY : LOOK_ROWS };
    const train = await lookAt(look, 'train');
    const test = recipe.data.test && (await lookAt(look, 'test'));
    if (!train || (recipe.data.test && !test)) return;
    if (!train.whole || test?.whole === false) {
      report.notes.push(`more than ${LOOK_ROWS} rows: \`anneal check\` goes through all of them`);
      return;
    }
    await prepareThem(look, { train: train.rows, test: test?.rows }, folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await ledger?.destroy();
  }
}

interface Look {
  recipe: Recipe;
  shelf: Shelf | undefined;
  report: Preflight;
  limit: number;
}

interface Looked {
  rows: Row[];
  /** Whether all rows were read. */
  whole: boolean;
}

async function lookAt({ recipe, shelf, report, limit }: Look, side: 'train' | 'test'): Promise<Looked | undefined> {
  const { template, label, maxRowBytes, maxBadShare } = recipe.data;
  const source = recipe.data[side] as Source;
  const field = `data.${side}.${source.connection === undefined ? 'uri' : 'connection'}`;
  try {
    const files = await filesOf(source, shelf);
    report.bytes.data += files.reduce((sum, { bytes }) => sum + bytes, 0);
    const { uri: _uri, ...how } = source;
    const order: IntakeOrder = { ...how, uris: [], template, label, keep: keptColumns(recipe.data), maxRowBytes };
    const names = source.sql === undefined ? files.map(({ path }) => path) : ['the query'];
    const tally = new IntakeTally(names, order, maxBadShare);
    const rows: Row[] = [];
    let whole = true;
    for await (const taken of takeIn(order, files)) {
      tally.add(taken);
      rows.push(...taken.rows);
      if (rows.length + tally.bad < limit) continue;
      whole = false;
      break;
    }
    const { problem, notes } = tally;
    // In the beginning of a source the share says little; that no row at all fits says enough.
    if (problem !== undefined && (whole || (tally.good === 0 && tally.bad > 0)))
      report.problems.push({ path: field, message: problem });
    else report.notes.push(...notes);
    return problem !== undefined && whole ? undefined : { rows, whole };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    report.problems.push({ path: error.type === 'BadSql' ? `data.${side}.sql` : field, message: error.message });
    return undefined;
  }
}

async function filesOf(source: Source, shelf: Shelf | undefined): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const uri of urisOf(source)) {
    if (!isDatasetRef(uri)) {
      files.push(...(await findFiles([uri])));
      continue;
    }
    const digest = shelf && (await findDataset(shelf, uri));
    if (!shelf || digest === undefined)
      throw terminal('NoSuchDataset', `there is no dataset ${uri}: \`anneal data list\` shows those of this ledger`);
    const path = await shelf.store.path(digest);
    files.push({ path, bytes: (await stat(path)).size, container: 'jsonl' });
  }
  return files;
}

async function prepareThem(
  { recipe, shelf, report }: Look,
  rows: { train: Row[]; test: Row[] | undefined },
  folder: string,
  { target }: PreflightOptions,
): Promise<void> {
  const { data, tune, model } = recipe;
  const counter = isAbsolute(model.base)
    ? await loadTokenizer(model.base, { maskPrompt: tune.maskPrompt })
    : `the tokens of ${model.base} are counted by the run, once its files are there`;
  const made = await prepareDatasets({
    policies: withOwnTestSet(data.prepare),
    train: [rows.train],
    test: rows.test && [rows.test],
    split: data.split,
    evalSets: shelf ? await registeredSets(shelf, ({ name }) => name !== `${recipe.name}.test`) : [],
    countTokens: typeof counter === 'string' ? counter : (row) => counter.countRow(row),
    maxTokens: tune.maxTokens,
    seed: tune.seed,
    folder,
  });
  const { statistics } = made;
  report.statistics = statistics;
  const empty = emptyProblem(statistics);
  if (empty) {
    const side = empty.type === 'EmptyTrainingSet' ? 'train' : 'test';
    const path = side === 'train' ? 'data.train.uri' : data.test ? 'data.test.uri' : 'data.split.test';
    report.problems.push({ path, message: empty.message });
    return;
  }
  report.notes.push(...notesOn(statistics));
  await weigh(recipe, made.train, counter, report, { target, shelf });
}

/** What a person should know of rows that will be left out or were found odd, by line. */
function notesOn({ policies, notes }: PreparedStatistics): string[] {
  const found = policies.flatMap(({ policy, side, removed, noted, examples, reasons }) => {
    if (removed + noted === 0) return [];
    const what = removed > 0 ? `${removed} left out` : `${noted} noted`;
    const lines = examples
      .slice(0, LINES_NAMED)
      .map(({ source, line, reason }) => `line ${line}${source > 0 ? ` of file ${source + 1}` : ''} ${reason}`);
    const total = Object.values(reasons).reduce((sum, rows) => sum + rows, 0);
    const more = total > lines.length ? `; and ${total - lines.length} more` : '';
    return [`${side === 'train' ? 'training' : 'test'} rows, ${policy}: ${what}: ${lines.join('; ')}${more}`];
  });
  return [...notes, ...found];
}

/** Tokens of what would be trained on, and what that takes. */
async function weigh(
  { tune }: Recipe,
  train: string,
  counter: TokenCounter | string,
  report: Preflight,
  { target, shelf }: { target: string | undefined; shelf: Shelf | undefined },
): Promise<void> {
  if (target !== undefined) return weighForVendor(target, tune, train, report);
  if (typeof counter === 'string') {
    report.tokens = counter;
    report.estimate = counter;
    return;
  }
  const tokens = await countTokens(rowsIn<Row>(train), counter, { max: tune.maxTokens });
  report.tokens = tokens;
  report.notes.push(...refusals(tokens.refused));
  const speed = shelf && (await trainingSpeed(shelf.ledger));
  report.estimate = estimateTuning({
    tokens: tokens.total,
    passes: { iterations: tune.iterations, batchSize: tune.batchSize, rows: tokens.rows },
    price: trainingPrice({ model: 'mlx', here: true }),
    ...(speed ? { tokensPerSecond: speed } : {}),
  });
}

async function weighForVendor(target: string, tune: Recipe['tune'], train: string, report: Preflight): Promise<void> {
  const limits = limitsOf(target);
  if (!limits) {
    const message = `nothing is known of the model ${target}: its limits have to be entered in configs/limits.ts, with the vendor's page and date`;
    report.problems.push({ path: 'tune.tuner', message });
    return;
  }
  const max = limits.maxTokens ?? tune.maxTokens;
  const rows = rowsIn<Row>(train);
  let total: Range;
  let count: number;
  if (limits.vendor === 'openai') {
    const tokens = await countTokens(rows, await openaiCounter('o200k_base'), { max });
    report.tokens = tokens;
    ({ total, rows: count } = tokens);
    report.notes.push(...refusals(tokens.refused), ...tooLong(tokens.overLimit, max, limits.longer === 'cut'));
  } else {
    const tokens = await estimateTokens(rows, roughCounter(), { max });
    ({ total, rows: count } = tokens);
    report.tokens = `the tokenizer of ${target} is not public: about ${total.low} to ${total.high} tokens, from the characters`;
    report.notes.push(
      ...refusals(tokens.refused),
      ...tooLong(tokens.likelyOver, max, limits.longer === 'cut'),
      ...tooLong(tokens.perhapsOver, max, limits.longer === 'cut', 'may be'),
    );
  }
  for (const [least, most] of [[limits.minRows ?? 0, limits.maxRows ?? Number.POSITIVE_INFINITY]] as const) {
    if (count >= least && count <= most) continue;
    const message = `${target} takes ${least} to ${most} training rows (${limits.source}, ${limits.checked}), and ${count} are left`;
    report.problems.push({ path: 'data.train.uri', message });
  }
  try {
    report.estimate = estimateTuning({
      tokens: total,
      passes: { iterations: tune.iterations, batchSize: tune.batchSize, rows: count },
      price: trainingPrice({ model: target, given: tune.price }),
    });
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    report.problems.push({ path: 'tune.price', message: error.message });
  }
}

type Lines<T> = { first: (T & { source: number; line: number })[]; count: number };

const placed = <T>({ first, count }: Lines<T>, say: (one: T) => string): string => {
  const named = first.slice(0, LINES_NAMED).map((one) => `line ${one.line}${say(one)}`);
  return `${named.join(', ')}${count > named.length ? ` and ${count - named.length} more` : ''}`;
};

const refusals = (refused: Lines<{ why: string }>): string[] =>
  refused.count === 0 ? [] : [`rows that the model cannot be given: ${placed(refused, ({ why }) => ` (${why})`)}`];

const tooLong = (over: Lines<object>, max: number, isCut: boolean, are = 'are'): string[] =>
  over.count === 0
    ? []
    : [
        `${over.count} rows ${are} longer than ${max} tokens${isCut ? ', and the vendor would cut their ends off' : ''}: ${placed(over, () => '')}`,
      ];
