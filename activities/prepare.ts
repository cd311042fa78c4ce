import { z } from 'zod';
import { namedParts } from '../artifacts/canonical.ts';
import { canonicalJson } from '../configs/canonical-json.ts';
import { listEvalSets, registerDataset } from '../artifacts/ledger/datasets.ts';
import { findExecution, refsOf } from '../artifacts/ledger/executions.ts';
import type { DatasetRow } from '../artifacts/ledger/schema.ts';
import { terminal } from '../configs/failure.ts';
import { limitsOf } from '../configs/limits.ts';
import { PolicyList } from '../configs/policies.ts';
import type { Refs } from '../configs/refs.ts';
import { rowsIn, readLines } from '../data/lines.ts';
import { PREPARE_SEED } from '../data/preparation-work.ts';
import { prepareDatasets, withOwnTestSet } from '../data/preparation.ts';
import { emptyProblem } from '../data/prepared.ts';
import type { Row } from '../data/row.ts';
import type { EarlierSplit } from '../data/split.ts';
import { tokensFor, type TokenCounter } from '../data/tokens/counter.ts';
import { loadTokenizer } from '../data/tokens/hugging-face.ts';
import { vendorCounter } from '../data/tokens/vendor.ts';
import { dataReportPage, sourcesOf } from './data-report.ts';
import { remoteModelOf } from './remote-models.ts';
import type { StepContext } from './step/context.ts';
import { saveRows } from './step/save-rows.ts';
import { evalSetParts, evalSetsOf } from './eval-sets.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const PrepareParams = z.strictObject({
  /** Name of the pipeline; the test set is registered as `<pipeline>.test`. */
  pipeline: z.string(),
  policies: PolicyList,
  /** How the test set is taken out of the training rows; absent where there is a test source. */
  split: z
    .strictObject({
      test: z.number().optional(),
      group: z.string().optional(),
      stratify: z.boolean(),
      time: z.string().optional(),
      from: z.string().optional(),
    })
    .optional(),
  /** Longest row that the tuner takes, in tokens. */
  maxTokens: z.int(),
  maskPrompt: z.boolean(),
  /** Absent: conversations are learned. */
  objective: z.literal('preference').optional(),
  /** Who started the run, for the register of datasets. */
  actor: z.string(),
});
export type PrepareParams = z.infer<typeof PrepareParams>;
type Context = StepContext<PrepareParams>;

/**
 * Puts rows through the policies of the recipe, takes the test set out, and keeps every registered test row out of
 * training.
 *
 * Inputs: `train`, `base`, and `test` where there is a test source. Outputs: `train`, `test` (Dataset),
 * `statistics`, `report` (DataReport: a page to look at), `quarantine` (rows taken out, with policy and reason)
 * and `fewShot` (Dataset) where there are any.
 */
export function createPrepare(deps: Deps): Step<PrepareParams> {
  return defineStep(deps, {
    name: 'prepare',
    version: '2',
    params: PrepareParams,
    keyed: ({ actor: _actor, ...rest }) => rest,

    // Parts of the key and no inputs: a model made of these rows does not come from the sets they were held against.
    identity: async (context) => {
      const parts: Record<string, string> = {};
      const { policies, split } = context.params;
      const others = await otherSets(context);
      if (
        withOwnTestSet(policies).some((policy) => policy.policy === 'decontaminate' && policy.against === 'registered')
      )
        Object.assign(parts, await evalSetParts(deps, (set) => others.some(({ digest }) => digest === set.digest)));
      const last = others.find(({ name }) => name === testName(context.params));
      if (split?.stratify === true && last) {
        parts['earlier.test'] = last.digest;
        const { train } = await refsOf(deps.ledger, `${last.run_id}/${context.instance}`, 'out');
        if (train) parts['earlier.train'] = train.digest;
      }
      const remote = await remoteModelOf(deps, context.input('base').digest);
      if (remote) parts['maxTokens'] = String(mostTokens(remote.base, context.params));
      return { parts };
    },

    run: async (context) => {
      const { params, deps } = context;
      const parts = await context.identityParts();
      const { counter, atLeast, maxTokens } = await tokensOfBase(context);
      const made = await prepareDatasets({
        policies: withOwnTestSet(params.policies),
        train: readLines<Row>(await context.pathOf('train')),
        test: context.inputs['test'] ? readLines<Row>(await context.pathOf('test')) : undefined,
        split: params.split,
        earlier: await earlierSplit(deps, parts),
        names: {
          train: (await sourcesOf(context, 'train')).map(({ from }) => from),
          test: (await sourcesOf(context, 'test')).map(({ from }) => from),
        },
        evalSets: await evalSetsOf(deps, parts),
        ...(atLeast ? { countTokens: atLeast } : tokensFor(counter)),
        maxTokens,
        objective: params.objective,
        seed: PREPARE_SEED,
        folder: context.scratch,
        signal: context.signal,
      });
      const { statistics, fewShot, removed } = made;
      const { objective = 'sft' } = params;
      const empty = emptyProblem(statistics);
      if (empty) throw terminal(empty.type, empty.message, { train: statistics.train, test: statistics.test });
      for (const note of statistics.notes) await context.log('note', note);
      const train = await context.save(
        'Dataset',
        { file: made.train },
        { rows: statistics.train.kept, stage: 'prepared', use: objective, kind: objective },
      );
      const test = await context.save(
        'Dataset',
        { file: made.test },
        { rows: statistics.test.kept, stage: 'prepared', use: 'eval', kind: 'eval' },
      );
      const outputs: Refs = {
        train,
        test,
        statistics: await context.save('Statistics', { text: canonicalJson(statistics) }),
      };
      if (removed.rows > 0)
        outputs['quarantine'] = await context.save('Quarantine', { file: removed.path }, { rows: removed.rows });
      if (fewShot.length > 0)
        outputs['fewShot'] = await saveRows(context, 'few-shot', fewShot, { stage: 'prepared', kind: 'few-shot' });
      outputs['report'] = await context.save('DataReport', {
        text: await dataReportPage(context, { statistics, train: made.train, counter, maxTokens }),
      });
      const few = outputs['fewShot'];
      if (few) {
        const name = `${params.pipeline}.few-shot`;
        const about = { rows: fewShot.length, actor: params.actor, runId: context.run.id };
        await registerDataset(deps.ledger, { name, digest: few.digest, kind: 'few-shot', ...about });
      }
      const registered = await registerDataset(deps.ledger, {
        name: testName(params),
        digest: test.digest,
        kind: 'eval',
        rows: statistics.test.kept,
        actor: params.actor,
        runId: context.run.id,
      });
      return {
        outputs,
        facts: {
          trainRows: statistics.train.kept,
          testRows: statistics.test.kept,
          duplicates: statistics.train.duplicates + statistics.test.duplicates,
          inTestSet: statistics.train.inTestSet,
          ...(statistics.train.removed + statistics.test.removed > 0
            ? { removed: statistics.train.removed + statistics.test.removed }
            : {}),
          testSet: `${testName(params)}@v${registered.version}`,
        },
      };
    },
  });
}

/** How tokens are counted for the base model, and how many of them a row may have. */
async function tokensOfBase(
  context: Context,
): Promise<{ counter: TokenCounter | string; atLeast?: (row: Row) => number; maxTokens: number }> {
  const { params, deps } = context;
  const remote = await remoteModelOf(deps, context.input('base').digest);
  if (!remote) {
    const counter = await loadTokenizer(await context.pathOf('base'), { maskPrompt: params.maskPrompt });
    return { counter, maxTokens: params.maxTokens };
  }
  const { guess, ...counting } = await vendorCounter(remote.base);
  if (guess !== undefined) await context.log('note', guess);
  return { ...counting, maxTokens: mostTokens(remote.base, params) };
}

/** What a vendor takes goes before what the trainer of this machine is told to. */
const mostTokens = (model: string, { maxTokens }: Pick<PrepareParams, 'maxTokens'>): number =>
  limitsOf(model)?.maxTokens ?? maxTokens;

const testName = ({ pipeline }: PrepareParams): string => `${pipeline}.test`;

/** The parts of the key that say which rows and which settings; the sets they are held against are others. */
function ownParts({ params: { actor: _actor, ...params }, inputs }: Pick<Context, 'params' | 'inputs'>): string {
  const refs = Object.entries(inputs).map(([role, { digest }]) => [`input.${role}`, digest]);
  return canonicalJson({ ...namedParts('params', params), ...Object.fromEntries(refs) });
}

/** The same of a preparation in the ledger. */
function partsMade(partsJson: string | null | undefined): string {
  const parts = Object.entries(JSON.parse(partsJson ?? '{}') as Record<string, string>);
  return canonicalJson(Object.fromEntries(parts.filter(([name]) => /^(params|input)\b/.test(name))));
}

/**
 * Registered test and evaluation sets that this preparation did not make itself, newest version first. Which run
 * registered a set tells; the same rows may be the test set of another recipe as well.
 */
async function otherSets({ deps, inputs, params, instance }: Context): Promise<DatasetRow[]> {
  const { ledger } = deps;
  const own = ownParts({ params, inputs });
  const taken = Object.values(inputs).map(({ digest }) => digest);
  const sets: DatasetRow[] = [];
  for (const set of await listEvalSets(ledger)) {
    const made = set.run_id === null ? undefined : await findExecution(ledger, set.run_id, instance);
    if (!taken.includes(set.digest) && partsMade(made?.parts_json) !== own) sets.push(set);
  }
  return sets;
}

async function earlierSplit({ store }: Deps, parts: ReadonlyMap<string, string>): Promise<EarlierSplit> {
  const prompts = async (digest: string | undefined): Promise<Set<string>> => {
    const ids = new Set<string>();
    if (digest !== undefined) for (const row of rowsIn<Row>(await store.path(digest))) ids.add(row.promptId);
    return ids;
  };
  return { test: await prompts(parts.get('earlier.test')), train: await prompts(parts.get('earlier.train')) };
}
