import { join } from 'node:path';
import { z } from 'zod';
import { digestOf } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { failedAsks, findReplies, spendingByGenerator } from '../../artifacts/ledger/replies.ts';
import type { ArtifactRef, Refs } from '../../configs/refs.ts';
import { Synthesize } from '../../configs/synthesis.ts';
import { apart } from '../../configs/apart.ts';
import { Template } from '../../configs/data.ts';
import type { WriterReply } from '../../adapters/contracts.ts';
import { rowsIn, writeLines } from '../../data/lines.ts';
import { sampleOf } from '../../data/look/inspect.ts';
import type * as Report from '../../data/report/synthesis-report.ts';
import type { Row } from '../../data/row.ts';
import { keyOf } from '../../data/synthesis/answer.ts';
import { givenFrom, labelled } from '../../data/synthesis/given.ts';
import { readGrammar, type Grammar } from '../../data/synthesis/grammar.ts';
import { pageInputOf } from '../../data/synthesis/report-page.ts';
import { reportOf } from '../../data/synthesis/report.ts';
import type { Ask, Given } from '../../data/synthesis/strategy.ts';
import { synthesize, type Reply, type Synthesized } from '../../data/synthesis/synthesize.ts';
import { evalSetParts, evalSetsOf } from '../eval-sets.ts';
import type { StepContext } from '../step/context.ts';
import { saveRows } from '../step/save-rows.ts';
import { defineStagedStep } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import type { PlannedAsk } from './ask-batch.ts';
import { failuresIn, lastReport } from './failures.ts';
import { inputsOf, kindOf, roleOf, storeModel, writerFor } from './generators.ts';

export const SynthesizeParams = z.strictObject({
  pipeline: z.string(),
  settings: Synthesize,
  template: Template.optional(),
  /** Column that names the class. */
  label: z.string().optional(),
  maxTokens: z.int(),
});
export type SynthesizeParams = z.infer<typeof SynthesizeParams>;
type Context = StepContext<SynthesizeParams>;

const PAGE = new URL('../../data/report/synthesis-report.ts', import.meta.url);

/** Asks that have to be answered before synthesis can go on. */
export interface NeededAsks {
  /** Digest of the plan: JSONL of {@link PlannedAsk}. */
  plan: string;
  asks: number;
  /** Queue of the batches, and how many of them at a time. */
  queue: 'control' | 'train';
  lanes: number;
}

/**
 * Makes synthetic rows and adds those that pass every filter to the training rows. Called until all asks are answered.
 *
 * Inputs: `train`, `test`. Outputs: `train` (Dataset: real and synthetic rows; absent when no row was added),
 * `preference`, `adversarial`, `drafts` (Datasets, where the recipe asks for them; drafts for evaluation judge
 * nothing until a person confirms them), `report` (SynthesisReport), `page` (DataReport), `quarantine`.
 */
export function createSynthesize(deps: Deps) {
  return defineStagedStep<SynthesizeParams, NeededAsks>(deps, {
    name: 'synthesize',
    version: '1',
    params: SynthesizeParams,
    // What asking costs and how fast it goes does not change what is said.
    keyed: ({ settings, ...rest }) => ({ ...rest, settings: decisive(settings) }),

    identity: async (context) => {
      const { settings, pipeline } = context.params;
      const inputs: Refs = {};
      const parts: Record<string, string> = {};
      for (const [name, generator] of Object.entries(settings.generators)) {
        if (generator.kind === 'grammar') {
          inputs[roleOf(name)] = await context.save('Source', { file: generator.file }, { from: generator.file });
          continue;
        }
        const model = kindOf(deps, generator)?.modelOf(generator);
        if (model !== undefined) inputs[roleOf(name)] = await storeModel(context, model);
        parts[`generator.${name}`] = (await writerFor(deps, name, generator, { run: context.run.id, inputs })).identity;
      }
      if (settings.filters.some((filter) => filter.filter === 'decontaminate' && filter.against === 'registered'))
        Object.assign(parts, await evalSetParts(deps, (set) => set.digest !== context.input('test').digest));
      if (settings.tasks.some(({ strategy }) => strategy === 'fill-gaps')) {
        parts['family'] = familyOf(context);
        const report = await lastReport(deps, pipeline, parts['family']);
        if (report !== undefined) parts['lastReport'] = report;
      }
      return { inputs, parts };
    },

    advance: async (context) => {
      const made = await advance(context);
      if ('missing' in made) return { needed: await planOf(context, made.missing) };
      return conclude(context, made);
    },
  });
}

/** The settings without what only bounds or paces the asking. */
function decisive({ generators, limits, ...rest }: Synthesize): unknown {
  const plain = Object.entries(generators).map(([name, { kind }]) => [name, kind]);
  return {
    ...rest,
    generators: Object.fromEntries(plain),
    limits: { maxShare: limits.maxShare, rows: limits.rows ?? null },
  };
}

const familyOf = ({ params, inputs }: Context): string =>
  digestOf(
    canonicalJson({
      settings: decisive(params.settings),
      train: inputs['train']?.digest,
      test: inputs['test']?.digest,
    }),
  );

async function givenOf(
  context: Context,
  parts: ReadonlyMap<string, string>,
): Promise<Omit<Given, 'task' | 'seed' | 'grammar'>> {
  const given = givenFrom([...rowsIn<Row>(await context.pathOf('train'))], context.params);
  const report = parts.get('lastReport');
  const classOf = (row: { label?: string; reference: string }): string | undefined =>
    row.label ?? (given.labels.has(row.reference) ? row.reference : undefined);
  return report === undefined ? given : { ...given, failures: await failuresIn(context.deps, report, classOf) };
}

async function advance(context: Context): Promise<{ missing: Ask[] } | Synthesized> {
  const { deps, params, run } = context;
  const { settings } = params;
  const parts = await context.identityParts();
  const inputs = await inputsOf(deps, context.executionId);
  const grammars = new Map<string, Grammar>();
  const identities = new Map<string, string>();
  for (const [name, generator] of Object.entries(settings.generators)) {
    const identity = parts.get(`generator.${name}`);
    if (identity !== undefined) identities.set(name, identity);
    if (generator.kind !== 'grammar') continue;
    const { digest } = inputs[roleOf(name)] as ArtifactRef;
    grammars.set(name, readGrammar((await deps.store.read(digest)).toString('utf8'), generator.file));
    identities.set(name, digest);
  }
  const failed = await failedAsks(deps.ledger, run.id);
  const own = { digest: context.input('test').digest, name: 'the test set of this run' };
  return synthesize({
    settings,
    given: await givenOf(context, parts),
    world: {
      evalSets: [{ ...own, rows: rowsIn(await context.pathOf('test')) }, ...(await evalSetsOf(deps, parts))],
      countTokens: 'not counted here',
      maxTokens: params.maxTokens,
      seed: settings.seed,
      warn: (message) => void context.log('note', message),
    },
    grammars,
    identities,
    replies: async (asks) => {
      const keys = asks.map((ask) => keyOf(ask, identities.get(ask.generator) ?? ''));
      const found = await findReplies(deps.ledger, keys);
      return keys.map((key) => replyOf(found.get(key)?.reply_json, failed.get(key)));
    },
  });
}

function replyOf(json: string | null | undefined, error: string | undefined): Reply | undefined {
  if (typeof json === 'string') {
    const { text, finish, refusal } = JSON.parse(json) as WriterReply;
    if (finish === 'refused') return { failed: refusal === undefined ? 'was refused' : 'was refused by the generator' };
    return { text };
  }
  return error === undefined ? undefined : { failed: 'got no usable answer' };
}

/** Batches at a time; how many requests leave at once is for each generator's own limits. */
const LANES = 4;

async function planOf(context: Context, asks: readonly Ask[]): Promise<NeededAsks> {
  const { deps, params } = context;
  const parts = await context.identityParts();
  const file = writeLines(join(context.scratch, 'plan.jsonl'));
  for (const ask of asks)
    file.write({ key: keyOf(ask, parts.get(`generator.${ask.generator}`) ?? ''), ask } satisfies PlannedAsk);
  file.close();
  const { digest } = await context.save('SynthesisPlan', { file: file.path }, { asks: asks.length });
  const queues = new Set(
    asks.map(({ generator }) => {
      const settings = params.settings.generators[generator];
      return settings ? kindOf(deps, settings)?.queue : undefined;
    }),
  );
  // One generator that takes the whole machine is enough.
  const queue = queues.has('train') ? 'train' : 'control';
  return { plan: digest, asks: asks.length, queue, lanes: queue === 'train' ? 1 : LANES };
}

async function conclude(context: Context, made: Synthesized) {
  const { deps, params, run } = context;
  const { counts, train: kept } = made;
  const real = labelled([...rowsIn<Row>(await context.pathOf('train'))]);
  const spending = await spendingByGenerator(deps.ledger, run.id);
  const report = reportOf({ rows: real, kept, counts, spending, findings: made.findings, seed: params.settings.seed });
  const outputs: Refs = { report: await context.save('SynthesisReport', { text: canonicalJson(report) }) };
  const page = {
    ...pageInputOf(report),
    title: `${params.pipeline}: synthetic data`,
    samples: kept.slice(0, 12).map(({ row }) => sampleOf(row)),
  };
  const text = await apart<typeof Report, 'synthesisReport'>(PAGE, 'synthesisReport', page);
  outputs['page'] = await context.save('DataReport', { text });
  if (kept.length > 0) {
    const rows = [
      ...rowsIn<Row>(await context.pathOf('train')),
      ...kept.map(({ row }) => ({ ...row, side: 'train' as const })),
    ];
    outputs['train'] = await saveRows(context, 'train', rows, {
      stage: 'synthesized',
      kind: 'sft',
      use: 'sft',
      synthetic: kept.length,
    });
  }
  for (const [role, kind] of [
    ['preference', 'preference'],
    ['adversarial', 'adversarial'],
    ['drafts', 'eval'],
  ] as const) {
    if (made[role].length > 0)
      outputs[role] = await saveRows(context, role, made[role], { stage: 'synthesized', kind, confirmed: false });
  }
  if (made.aside.length > 0) {
    const file = writeLines(join(context.scratch, 'aside.jsonl'));
    for (const aside of made.aside) file.write(aside);
    file.close();
    outputs['quarantine'] = await context.save('Quarantine', { file: file.path }, { rows: made.aside.length });
  }
  await endServers(context);
  const tokens = spending.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
  const usd = spending.every((one) => one.usd !== null) ? spending.reduce((sum, one) => sum + (one.usd ?? 0), 0) : null;
  const askedAgain = spending.reduce((sum, one) => sum + one.askedAgain, 0);
  return {
    outputs,
    facts: {
      asked: counts.asked,
      answered: counts.answered,
      failed: counts.failed,
      candidates: counts.candidates,
      accepted: counts.accepted,
      inTraining: kept.length,
      ...(askedAgain > 0 ? { askedAgain } : {}),
      ...(tokens > 0 ? { tokens, usd } : {}),
    },
    cost: { tokens, ...(usd === null ? {} : { usd }) },
  };
}

/** Local servers have nothing more to do in this run. */
async function endServers(context: Context): Promise<void> {
  const { deps, params, run } = context;
  const inputs = await inputsOf(deps, context.executionId);
  for (const [name, generator] of Object.entries(params.settings.generators)) {
    if (generator.kind === 'grammar') continue;
    const { writer } = await writerFor(deps, name, generator, { run: run.id, inputs });
    await writer.close?.();
  }
}
