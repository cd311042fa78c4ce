import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { registeredSets } from '../../activities/eval-sets.ts';
import { RemoteFailure } from '../../adapters/remote/failure.ts';
import { openLedger } from '../../artifacts/ledger/open.ts';
import type { Source } from '../../configs/data.ts';
import { isDatasetRef, keptColumns, urisOf } from '../../configs/source-paths.ts';
import { messageOf, terminal, TerminalError } from '../../configs/failure.ts';
import { trainingPrice } from '../../configs/prices.ts';
import { baseNameOf, isBaseRemote } from '../../configs/names.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { estimateTuning } from '../../data/estimate.ts';
import { IntakeTally, takeIn, type IntakeOrder } from '../../data/intake.ts';
import { rowsIn } from '../../data/lines.ts';
import { PREPARE_SEED } from '../../data/preparation-work.ts';
import { prepareDatasets, withOwnTestSet } from '../../data/preparation.ts';
import { emptyProblem } from '../../data/prepared.ts';
import type { Row } from '../../data/row.ts';
import type { FarFiles } from '../../data/sources/far.ts';
import { findFiles } from '../../data/sources/find.ts';
import { nameOf, type SourceFile } from '../../data/sources/source.ts';
import { countTokens } from '../../data/tokens/count.ts';
import { tokensFor, type TokenCounter } from '../../data/tokens/counter.ts';
import { loadTokenizer } from '../../data/tokens/hugging-face.ts';
import type { Home } from '../home.ts';
import { openShelfStore } from '../shelf-store.ts';
import type { Preflight, PreflightOptions } from '../preflight.ts';
import { farFiles, SHORT_PATIENCE } from '../far.ts';
import { isOwnSlice, lastSplit, thinSlice } from './check-periods.ts';
import { checkGenerators, weighSynthesis } from './check-synthesis.ts';
import { findDataset, type Shelf } from './open.ts';
import { notesOn, placeIn, refusals, type NamePlace } from './notes.ts';
import { trainingSpeed } from './speed.ts';
import { vendorNamed, weighForVendor } from './vendor.ts';

/** Without being asked to look closely, so many rows are gone through. */
const LOOK_ROWS = 20_000;

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
    const shelf = ledger && { ledger, store: openShelfStore(home, ledger) };
    const far = farFiles(home, recipe.google, SHORT_PATIENCE);
    const look: Look = { recipe, shelf, far, report, limit: options.thorough ? Number.POSITIVE_INFINITY : LOOK_ROWS };
    await checkGenerators(recipe, shelf, report);
    const train = await lookAt(look, 'train');
    const test = recipe.data.test && (await lookAt(look, 'test'));
    if (!train || (recipe.data.test && !test)) return;
    if (!train.whole || test?.whole === false) {
      report.notes.push(`more than ${LOOK_ROWS} rows: \`anneal check\` goes through all of them`);
      return;
    }
    try {
      await prepareThem(look, { train, test }, folder, options);
    } catch (error) {
      // Rows that a policy refuses, or synthetic ones in a test set: the run would end with them, too.
      if (!(error instanceof TerminalError)) throw error;
      const side = error.type === 'UnconfirmedTestRows' && recipe.data.test ? 'test' : 'train';
      report.problems.push({ path: `data.${side}.uri`, message: error.message });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await ledger?.destroy();
  }
}

interface Look {
  recipe: Recipe;
  shelf: Shelf | undefined;
  far: FarFiles;
  report: Preflight;
  limit: number;
}

interface Looked {
  rows: Row[];
  /** Names of the sources by their number. */
  names: string[];
  /** Datasets of the ledger among the sources. */
  digests: string[];
  /** Whether all rows were read. */
  whole: boolean;
}

async function lookAt(
  { recipe, shelf, far, report, limit }: Look,
  side: 'train' | 'test',
): Promise<Looked | undefined> {
  const { template, label, maxRowBytes, maxBadShare } = recipe.data;
  const source = recipe.data[side] as Source;
  const field = `data.${side}.${source.connection === undefined ? 'uri' : 'connection'}`;
  try {
    const files = await filesOf(source, shelf, far);
    report.bytes.data += files.reduce((sum, { bytes }) => sum + bytes, 0);
    const { uri: _uri, ...how } = source;
    const trusted = new Set(files.flatMap(({ digest }, i) => (digest === undefined ? [] : [i])));
    const kept = keptColumns(recipe.data, recipe.evaluate.slices);
    const keep = side === 'test' ? [...kept.keep, ...(kept.keepInTest ?? [])] : kept.keep;
    const order: IntakeOrder = { ...how, uris: [], template, label, keep, trusted, maxRowBytes };
    const digests = files.flatMap(({ digest }) => digest ?? []);
    const names = source.sql === undefined ? files.map(nameOf) : ['the query'];
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
    return problem !== undefined && whole ? undefined : { rows, names, digests, whole };
  } catch (error) {
    // A server that cannot be reached may be there in a minute, and a run would wait for it; a check tells.
    const isAway = source.connection !== undefined || error instanceof RemoteFailure;
    if (!(error instanceof TerminalError) && !isAway) throw error;
    const isSql = error instanceof TerminalError && error.type === 'BadSql';
    report.problems.push({ path: isSql ? `data.${side}.sql` : field, message: messageOf(error) });
    return undefined;
  }
}

/** A file, with its digest where it is a dataset of the ledger. */
type FoundSource = SourceFile & { digest?: string };

async function filesOf(source: Source, shelf: Shelf | undefined, far: FarFiles): Promise<FoundSource[]> {
  const files: FoundSource[] = [];
  for (const uri of urisOf(source)) {
    if (!isDatasetRef(uri)) {
      files.push(...(await findFiles([uri], far)));
      continue;
    }
    const digest = shelf && (await findDataset(shelf, uri));
    if (!shelf || digest === undefined)
      throw terminal('NoSuchDataset', `there is no dataset ${uri}: \`anneal data list\` shows those of this ledger`);
    const path = await shelf.store.path(digest);
    files.push({ path, bytes: (await stat(path)).size, container: 'jsonl', digest });
  }
  return files;
}

async function prepareThem(
  { recipe, shelf, report }: Look,
  { train, test }: { train: Looked; test: Looked | undefined },
  folder: string,
  { target }: PreflightOptions,
): Promise<void> {
  const { data, tune, model } = recipe;
  const asked = target ?? (isBaseRemote(recipe) ? baseNameOf(recipe) : undefined);
  const vendor = asked === undefined ? undefined : await vendorNamed(asked);
  if (vendor === null && target !== undefined) {
    const message = `nothing is known of the model ${target}: its limits have to be entered in configs/limits.ts, with the vendor's page and date`;
    report.problems.push({ path: 'tune.tuner', message });
    return;
  }
  const counter = vendor
    ? vendor.counter
    : vendor === null
      ? `nothing is known of the model ${asked}: its limits cannot be checked beforehand`
      : isAbsolute(model.base)
        ? await loadTokenizer(model.base, { maskPrompt: tune.maskPrompt })
        : `the tokens of ${model.base} are counted by the run, once its files are there`;
  // As in a run, what is read as a source is no set to be held against.
  const own = [...train.digests, ...(test?.digests ?? [])];
  const made = await prepareDatasets({
    policies: withOwnTestSet(data.prepare),
    train: [train.rows],
    test: test && [test.rows],
    split: data.split,
    earlier: shelf && data.split?.stratify === true ? await lastSplit(shelf, `${recipe.name}.test`) : undefined,
    evalSets: shelf
      ? await registeredSets(shelf, ({ digest, name }) => !own.includes(digest) && !isOwnSlice(recipe, name))
      : [],
    ...tokensFor(counter),
    maxTokens: vendor?.limits.maxTokens ?? tune.maxTokens,
    objective: tune.objective,
    seed: PREPARE_SEED,
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
  const names = { train: train.names, test: (test ?? train).names };
  report.notes.push(...notesOn(statistics, names), ...thinSlice(recipe, statistics.test.kept));
  await weighSynthesis(recipe, made.train, report);
  const place = placeIn(train.names);
  if (vendor) await weighForVendor(vendor, tune, made.train, report, place);
  else if (asked !== undefined) report.tokens = 'not counted: nothing is known of the model';
  else await weigh(recipe, made.train, counter, report, { shelf, place });
}

/** Tokens of what would be trained on, and what that takes. */
async function weigh(
  { tune }: Recipe,
  train: string,
  counter: TokenCounter | string,
  report: Preflight,
  { shelf, place }: { shelf: Shelf | undefined; place: NamePlace },
): Promise<void> {
  if (typeof counter === 'string') {
    report.tokens = counter;
    report.estimate = counter;
    return;
  }
  const tokens = await countTokens(rowsIn<Row>(train), counter, { max: tune.maxTokens });
  report.tokens = tokens;
  report.notes.push(...refusals(tokens.refused, place));
  const speed = shelf && (await trainingSpeed(shelf.ledger));
  report.estimate = estimateTuning({
    tokens: tokens.total,
    passes: { iterations: tune.iterations, batchSize: tune.batchSize, rows: tokens.rows },
    // A trainer elsewhere bills what the recipe says; without a price nobody does.
    price:
      tune.price?.training === undefined
        ? trainingPrice({ model: 'mlx', here: true })
        : trainingPrice({ model: tune.tuner, given: tune.price }),
    ...(speed ? { tokensPerSecond: speed } : {}),
  });
}
