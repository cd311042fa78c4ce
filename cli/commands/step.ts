import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openLedger, type Ledger } from '../../artifacts/ledger/open.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import { readRecipe } from '../../configs/recipe-file.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { findHome, type Home } from '../../worker/home.ts';
import { bringDown, ensureUp } from '../../worker/local.ts';
import { UsageError } from '../command.ts';
import { print, printJson, tell } from '../output.ts';
import { pack, unpack } from '../pipeline/archive.ts';
import { pastStep } from '../pipeline/carry.ts';
import { executorInput, pathOf, setsOf, type ExecutorInput } from '../pipeline/executor-input.ts';
import { writeOutputs } from '../pipeline/outputs.ts';
import { checkRecipe } from '../recipes.ts';
import { runDocument, type RunDocument } from '../run-document.ts';
import { beginRun, defaultOptions } from '../start.ts';
import { runOf } from '../state.ts';
import { withClient } from '../temporal.ts';

/** The file in which a state folder goes from task to task. */
const ARCHIVE = 'state.tar';

/** One task of a pipeline of containers: takes the state folder over, carries the run on, hands it to the next. */
export async function step(flags: { executorInput?: string; json: boolean }, name: string): Promise<void> {
  const input = executorInput(flags.executorInput);
  const home = findHome();
  const before = input.inputs.artifacts['state']?.artifacts[0];
  if (before) await unpack(join(pathOf(before.uri), ARCHIVE), home.root);
  const document = await carry(name, input, home, before !== undefined);
  const next = input.outputs.artifacts['state']?.artifacts[0];
  // What lies in a bucket is fetched from there again.
  if (next) await pack(home.root, join(pathOf(next.uri), ARCHIVE), [basename(home.cache)]);
  if (flags.json) printJson(document);
  else print(`${document.runId} is past ${name}`);
}

/** Everything is stopped and closed when it ends, so that the folder can be packed. */
async function carry(name: string, input: ExecutorInput, home: Home, isBegun: boolean): Promise<RunDocument> {
  const recipe = isBegun ? undefined : await recipeOf(input, home);
  const ledger = await openLedger(home.ledger);
  try {
    const id = recipe ? await begin(home, ledger, recipe) : (await runOf(ledger, undefined)).id;
    if ((await findRun(ledger, id))?.status === 'running') await ensureUp(home, tell);
    const run = await pastStep(ledger, id, name);
    await bringDown(home);
    const document = await runDocument(ledger, run, undefined);
    await writeOutputs(name, input, document, { home, ledger });
    return document;
  } finally {
    await bringDown(home);
    await ledger.destroy();
  }
}

/** The recipe that the pipeline was given, with its parameters put in, checked as `anneal run` does. */
async function recipeOf(input: ExecutorInput, home: Home): Promise<Recipe> {
  const text = input.inputs.parameterValues['recipe'];
  if (typeof text !== 'string') throw new UsageError('the pipeline has no parameter "recipe": export it again');
  const file = join(home.root, 'pipeline', 'recipe.yaml');
  await mkdir(join(home.root, 'pipeline'), { recursive: true });
  await writeFile(file, text);
  const { recipe } = await checkRecipe(readRecipe(file, setsOf(input)), home);
  // A pipeline is one run; the periods of a line are kept elsewhere.
  const { continuous: _, ...once } = recipe;
  return once;
}

async function begin(home: Home, ledger: Ledger, recipe: Recipe): Promise<string> {
  const at = await ensureUp(home, tell);
  return withClient(at, (client) => beginRun({ ledger }, client, recipe, defaultOptions({})));
}
