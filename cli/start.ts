import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { findRunInQueue } from '../artifacts/ledger/leases.ts';
import { findRun, openRun } from '../artifacts/ledger/runs.ts';
import type { RunRow } from '../artifacts/ledger/schema.ts';
import { QUEUES } from '../configs/presets.ts';
import { baseNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import { RunOptions } from '../configs/refs.ts';
import { SEARCH_ATTRIBUTES } from '../configs/search-attributes.ts';
import type { Address } from '../worker/connect.ts';
import { ensureUp } from '../worker/local.ts';
import { lineAttributes } from '../worker/schedules/action.ts';
import type { continuous, ContinuousInput } from '../workflows/continuous.ts';
import type { tune } from '../workflows/tune.ts';
import { EXIT } from './command.ts';
import { printJson, tell } from './output.ts';
import { printRun } from './result.ts';
import { runDocument } from './run-document.ts';
import { actor, type State } from './state.ts';
import { withClient } from './temporal.ts';
import { watchRun } from './watch.ts';

export interface StartFlags {
  detach: boolean;
  exitVerdict: boolean;
  json: boolean;
}

/** Starts a run and, unless it is to be left alone, shows it to its end. Gives the exit code. */
export async function startRun(state: State, recipe: Recipe, options: RunOptions, flags: StartFlags): Promise<number> {
  const at = await ensureUp(state.home, tell);
  return withClient(at, async (client) => {
    const id = await beginRun(state, client, recipe, options);
    tell(`run ${id}${flags.detach ? '' : ' (Ctrl+C leaves it running)'}`);
    return endOf(state, at, client, id, flags);
  });
}

/** Starts a run and gives its id. */
export async function beginRun(
  { ledger }: Pick<State, 'ledger'>,
  client: Client,
  recipe: Recipe,
  options: RunOptions,
): Promise<string> {
  const id = newRunId(recipe.name);
  const startedBy = actor();
  // The workflow enters the run as well; entered here first, one that cannot be started would run for ever.
  await startWorkflow(client, { id, recipe, options, startedBy });
  await openRun(ledger, { id, recipe, options, workflowId: id, startedBy });
  return id;
}

/** Starts a period of continuous tuning and, unless it is to be left alone, shows it to its end. */
export async function startContinuous(
  state: State,
  input: Omit<ContinuousInput, 'run'>,
  flags: StartFlags,
  options: RunOptions = defaultOptions({}),
): Promise<number> {
  const { home, ledger } = state;
  const { recipe, startedBy, trigger } = input;
  const at = await ensureUp(home, tell);
  return withClient(at, async (client) => {
    const id = newRunId(recipe.name);
    await client.workflow.start<typeof continuous>('continuous', {
      taskQueue: QUEUES.control,
      workflowId: id,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${recipe.name}: continuous tuning of ${recipe.register.model ?? recipe.name}, ${trigger}`,
      staticDetails: recipe.description ?? `Recipe ${recipe.name}, started by ${startedBy}`,
      typedSearchAttributes: lineAttributes(recipe),
      args: [{ ...input, run: { id, options } }],
    });
    await openRun(ledger, { id, recipe, options, workflowId: id, startedBy, kind: 'continuous', trigger });
    tell(`run ${id}${flags.detach ? '' : ' (Ctrl+C leaves it running)'}`);
    return endOf(state, at, client, id, flags);
  });
}

/** Shows a run that is under way to its end, or until it waits for a person. Gives the exit code. */
export async function followRun(state: State, at: Address, id: string, flags: StartFlags): Promise<number> {
  return withClient(at, (client) => endOf(state, at, client, id, flags));
}

async function endOf(state: State, at: Address, client: Client, id: string, flags: StartFlags): Promise<number> {
  const { ledger } = state;
  const run = flags.detach ? ((await findRun(ledger, id)) as RunRow) : await watchRun(state, client, id);
  const document = await runDocument(ledger, run, at);
  if (flags.json) printJson(document);
  else printRun(document);
  if (run.status === 'running') {
    const needsPerson = run.waiting !== null && !(await findRunInQueue(ledger, id))?.isQueued;
    if (!needsPerson) tell(`run ${id} goes on; \`anneal show ${id}\` shows it, \`anneal cancel ${id}\` stops it`);
    return flags.detach ? EXIT.done : needsPerson ? EXIT.waiting : EXIT.interrupted;
  }
  if (run.status === 'skipped') return flags.exitVerdict ? EXIT.skipped : EXIT.done;
  if (run.status !== 'completed') return EXIT.failed;
  if (!flags.exitVerdict) return EXIT.done;
  return run.verdict === 'reject' ? EXIT.reject : run.verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.done;
}

async function startWorkflow(
  client: Client,
  run: { id: string; recipe: Recipe; options: RunOptions; startedBy: string },
): Promise<void> {
  const { id, recipe, options, startedBy } = run;
  const model = recipe.register.model ?? recipe.name;
  await client.workflow.start<typeof tune>('tune', {
    taskQueue: QUEUES.control,
    workflowId: id,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    staticSummary: `${recipe.name}: tune ${model} from ${baseNameOf(recipe).split('/').at(-1)}`,
    staticDetails: recipe.description ?? `Recipe ${recipe.name}, started by ${startedBy}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: SEARCH_ATTRIBUTES.pipeline, value: recipe.name },
      { key: SEARCH_ATTRIBUTES.model, value: model },
    ]),
    args: [{ run: { id, options }, recipe, startedBy }],
  });
}

/** Readable, sortable by time, and with enough chance in it that two started in the same second differ. */
export function newRunId(name: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${name}-${stamp}-${randomBytes(3).toString('hex')}`;
}

export const defaultOptions = (options: Partial<RunOptions>): RunOptions => RunOptions.parse(options);
