import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { modelFolderProblem } from '../adapters/mlx/model-folder.ts';
import { pythonProgram } from '../adapters/mlx/python.ts';
import { freeBytes } from '../artifacts/store.ts';
import { terminal, TerminalError } from '../configs/failure.ts';
import type { Recipe } from '../configs/recipe.ts';
import { columnsOf } from '../configs/template.ts';
import { prepareRows, type PreparedStatistics, type SourceRow } from '../data/prepare.ts';
import { checkRowsFile, readRows, RowTally } from '../data/rows-file.ts';
import { isRemote } from './connect.ts';
import type { Home } from './home.ts';
import { requireTemporal } from './server.ts';

/** What can be said about a run before it starts. */
export interface Preflight {
  /** What would make the run fail, by the recipe's field. */
  problems: { path: string; message: string }[];
  /** What a person should know all the same. */
  notes: string[];
  /** Rows as preparation will leave them; absent where the files are too large to look through here. */
  statistics?: PreparedStatistics;
  /** Bytes of the data files and, for a folder, of the base model. */
  bytes: { data: number; model: number };
}

/** Of a larger file only the beginning is read here; the run itself reads all of it. */
const LOOK_BYTES = 16 * 2 ** 20;
/** Room for the ledger, the server's database and the logs. */
const SPARE_BYTES = 64 * 2 ** 20;
/** How often the data are written: as they came, ingested, prepared. */
const DATA_COPIES = 3;
/** How often a model is written: the base in the store, the candidate as job output and in the store. */
const MODEL_COPIES = 3;

/**
 * Looks at everything that can be known before work starts: files, columns, model, disk, tools. A small recipe
 * takes well under a second.
 *
 * @throws TerminalError when this machine cannot run any recipe: `NoTemporal`, `NoTrainer`, `StoreNotWritable`,
 * `DiskFull`.
 */
export async function preflight(recipe: Recipe, home: Home): Promise<Preflight> {
  if (!isRemote()) requireTemporal();
  pythonProgram('train.py');
  const report: Preflight = { problems: [], notes: [], bytes: { data: 0, model: 0 } };
  await checkData(recipe, report);
  await checkModel(recipe, report);
  await checkDisk(home, report);
  return report;
}

async function checkData(recipe: Recipe, report: Preflight): Promise<void> {
  const { train, test, template, split } = recipe.data;
  const trainRows = await lookAt('data.train.uri', train.uri, recipe, report);
  const testRows = test && (await lookAt('data.test.uri', test.uri, recipe, report));
  if (!trainRows?.whole || (test && !testRows?.whole)) return;
  const {
    train: kept,
    test: held,
    statistics,
  } = prepareRows(template, trainRows.rows, testRows?.rows, split?.test ?? 0);
  report.statistics = statistics;
  const { duplicates, inTestSet } = statistics.train;
  if (held.length === 0) {
    const message = `the test set is empty after preparation: ${statistics.train.in} rows gave none; give more rows or a larger share`;
    report.problems.push({ path: test ? 'data.test.uri' : 'data.split.test', message });
  } else if (kept.length === 0) {
    const message = `no training row is left: ${duplicates} are repeats and the prompts of ${inTestSet} stand in the test set; training and test file must differ`;
    report.problems.push({ path: 'data.train.uri', message });
  }
  if (duplicates > 0)
    report.notes.push(`${duplicates} of ${statistics.train.in} training rows are repeats and will be left out`);
  if (inTestSet > 0) report.notes.push(`${inTestSet} training rows have a prompt of the test set and will be left out`);
}

interface Looked {
  rows: SourceRow[];
  /** Whether the whole file was read. */
  whole: boolean;
}

async function lookAt(path: string, file: string, recipe: Recipe, report: Preflight): Promise<Looked | undefined> {
  const { template, maxRowBytes, maxBadShare } = recipe.data;
  const columns = columnsOf(template);
  const tally = new RowTally();
  const rows: SourceRow[] = [];
  try {
    const size = await checkRowsFile(file);
    report.bytes.data += size;
    const whole = size <= LOOK_BYTES;
    for await (const found of readRows(file, { columns, maxRowBytes }, whole ? undefined : LOOK_BYTES)) {
      tally.add(found);
      if (!('reason' in found)) rows.push(found);
    }
    const problem = tally.problem(file, columns, maxBadShare);
    const note = tally.note(file);
    // In the beginning of a file the share says little; that no row at all fits says enough.
    if (problem !== undefined && (whole || tally.good === 0)) report.problems.push({ path, message: problem });
    else if (note !== undefined) report.notes.push(note);
    return { rows, whole: whole && problem === undefined };
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    report.problems.push({ path, message: error.message });
    return undefined;
  }
}

async function checkModel({ model }: Recipe, report: Preflight): Promise<void> {
  if (isAbsolute(model.base)) {
    const problem = await modelFolderProblem(model.base);
    if (problem === undefined) report.bytes.model = folderBytes(model.base);
    else report.problems.push({ path: 'model.base', message: problem });
    return;
  }
  if (isCached(model.base)) return;
  const asked = process.env['HF_HUB_OFFLINE'];
  if (asked !== undefined && asked !== '' && asked !== '0') {
    const message = `${model.base} is neither a folder nor in the Hugging Face cache, and HF_HUB_OFFLINE is set: give a folder, or unset it`;
    report.problems.push({ path: 'model.base', message });
  } else {
    report.notes.push(`the base model ${model.base} is not in the Hugging Face cache and will be downloaded`);
  }
}

/** Whether the Hugging Face cache holds some snapshot of a name; what it holds is checked by the run. */
function isCached(name: string): boolean {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const cache =
    HF_HUB_CACHE ?? join(HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface'), 'hub');
  const snapshots = join(cache, `models--${name.replace('/', '--')}`, 'snapshots');
  return existsSync(snapshots) && readdirSync(snapshots).length > 0;
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

async function checkDisk(home: Home, { bytes }: Preflight): Promise<void> {
  const folder = nearestFolder(home.root);
  try {
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const message = `the state folder ${home.root} cannot be written to: check the owner and permissions of ${folder}, or set ANNEAL_HOME to a folder of yours`;
    throw terminal('StoreNotWritable', message, {}, error);
  }
  const needed = SPARE_BYTES + DATA_COPIES * bytes.data + MODEL_COPIES * bytes.model;
  const free = await freeBytes(folder);
  if (free < needed) {
    const message = `the disk of ${home.root} has ${mib(free)} free and this run needs about ${mib(needed)}: free some (\`anneal gc\` shows what can go), or set ANNEAL_HOME to another disk`;
    throw terminal('DiskFull', message);
  }
}

/** The folder itself, or the nearest parent that exists. */
function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
