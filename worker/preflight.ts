import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { modelFolderProblem } from '../adapters/mlx/model-folder.ts';
import { pythonProgram } from '../adapters/mlx/python.ts';
import { checkBucket } from '../adapters/google/storage/check.ts';
import { RemoteFailure } from '../adapters/remote/failure.ts';
import { freeBytes } from '../artifacts/store.ts';
import { terminal, TerminalError } from '../configs/failure.ts';
import { isBaseRemote } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { PreparedStatistics } from '../data/prepared.ts';
import type { TuningEstimate } from '../data/estimate.ts';
import type { TokenCounts } from '../data/tokens/count.ts';
import { notesOnNotices } from './check-notices.ts';
import { checkRemoteModel } from './check-remote.ts';
import { isRemote } from './connect.ts';
import type { Home } from './home.ts';
import type { SynthesisEstimate } from './datasets/check-synthesis.ts';
import { checkData } from './datasets/check.ts';
import { checkMetrics } from './scoring/check-metrics.ts';
import { requireTemporal } from './server.ts';

/** What can be said about a run before it starts. */
export interface Preflight {
  /** What would make the run fail, by the recipe's field. */
  problems: { path: string; message: string }[];
  /** What a person should know all the same. */
  notes: string[];
  /** Rows as preparation will leave them; absent where there are too many to go through here. */
  statistics?: PreparedStatistics;
  /** Tokens of the training rows as prepared; a text says why they could not be counted. */
  tokens?: TokenCounts | string;
  /** Work, time and price of the tuning; a text says why there is none. */
  estimate?: TuningEstimate | string;
  /** Where a vendor's price is from, and when it was true there. */
  price?: { source: string; checked?: string };
  /** What synthesis may ask for; absent where the rows are too many to go through here. */
  synthesis?: SynthesisEstimate;
  /** Bytes of the data files and, for a folder, of the base model. */
  bytes: { data: number; model: number };
}

/** How closely a preflight looks. */
export interface PreflightOptions {
  /** Goes through all rows, however many; else only through what takes about a second. */
  thorough?: boolean | undefined;
  /** Model of a vendor to check against, in place of the recipe's tuner. */
  target?: string | undefined;
}

/** Room for the ledger, the server's database and the logs. */
const SPARE_BYTES = 64 * 2 ** 20;
/** How often the data are written: as they came, ingested, prepared. */
const DATA_COPIES = 3;
/** How often a model is written: the base in the store, the candidate as job output and in the store. */
const MODEL_COPIES = 3;

/**
 * Looks at everything that can be known before work starts: files, rows, tokens, price, model, disk, tools. A small
 * recipe takes well under a second.
 *
 * @throws TerminalError when this machine cannot run any recipe: `NoTemporal`, `NoTrainer`, `StoreNotWritable`,
 * `DiskFull`.
 */
export async function preflight(recipe: Recipe, home: Home, options: PreflightOptions = {}): Promise<Preflight> {
  if (!isRemote()) requireTemporal();
  // Who trains and answers elsewhere needs no trainer here.
  if (!isBaseRemote(recipe)) pythonProgram('train.py');
  const report: Preflight = { problems: [], notes: [], bytes: { data: 0, model: 0 } };
  await checkModel(recipe, report);
  if (recipe.store !== undefined) await checkStore(recipe, report);
  report.problems.push(...(await checkMetrics(recipe)));
  await checkData(recipe, home, report, options);
  report.notes.push(...notesOnNotices(recipe));
  await checkDisk(home, report);
  return report;
}

async function checkStore({ store, google }: Recipe, report: Preflight): Promise<void> {
  try {
    await checkBucket(store as string, google ?? {});
  } catch (error) {
    if (!(error instanceof TerminalError || error instanceof RemoteFailure)) throw error;
    report.problems.push({ path: 'store', message: error.message });
  }
}

async function checkModel(recipe: Recipe, report: Preflight): Promise<void> {
  if (isBaseRemote(recipe)) return checkRemoteModel(recipe, report);
  const { model } = recipe;
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
