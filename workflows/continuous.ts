import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { msOf } from '../configs/duration-ms.ts';
import { lineMetric } from '../configs/line-metric.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, RunRef, StepResult, Verdict } from '../configs/refs.ts';
import type { LineReading, Start } from '../activities/continuous/line-record.ts';
import { openBudget, type LineBudget } from './budget.ts';
import { decideWithPeople } from './deciding.ts';
import { ingestParams, originOf, prepareParams, purseOf, synthesizeInto } from './lifecycle.ts';
import { holdLine, releaseLine } from './leases.ts';
import { tell } from './notices.ts';
import { askPeople } from './people.ts';
import { pick, ref } from './refs.ts';
import {
  askReanchor,
  chooseStart,
  closeRun,
  findChampion,
  lastTrial,
  noteMissed,
  notePending,
  openRun,
  readLine,
  setWaiting,
  skipRun,
  steps,
} from './steps.ts';
import { errorOf, tellStory, type Story } from './story.ts';
import { weigh } from './weigh.ts';

export interface ContinuousInput {
  /** Absent where Temporal names the workflow (schedules): the id is the workflow's, with the usual options. */
  run?: RunRef;
  /** Has `continuous`. */
  recipe: Recipe;
  /** Who started it, for the audit. */
  startedBy: string;
  /** What set it going: `cli`, `schedule:NAME`, `trigger:WHO`, `watch:NAME`, `backfill:RUN`. */
  trigger: string;
  /** Rows of this period, in place of data.train.uri. */
  data?: string[];
  /** A drift alarm: a trial comes first, and only harm is followed by a training. */
  drift?: { why: string };
  /** Only rows dated before `to`. */
  window?: { column: string; from: string; to: string };
  /** Trains from the base model again. */
  reanchor?: boolean;
  /** Tunes with fewer new rows than minNewRows. */
  force?: boolean;
  /** The backfill that holds the line for its periods. */
  holder?: string;
}

export interface ContinuousOutput {
  outcome: 'promoted' | 'rejected' | 'inconclusive' | 'unchanged' | 'skipped';
  verdict: Verdict | null;
  /** `name@vN` of what was registered, or of the champion that stays. */
  model: string | null;
  /** In a sentence. */
  reason: string;
  period: string | null;
}

/** A run that ends before it has cost anything, and why. */
class Skipped extends Error {}

/** Evaluations against a champion that keeps moving, before the run gives up. */
const MAX_ROUNDS = 5;

/**
 * One period of continuous tuning:
 *
 * line free? → ingest → arrivals → enough? → trial? → prepare → synthesize? → suite → mix → tune from the champion →
 * evaluate → judge? → probe? → forgetting → gate → people? → register, with which the watermark moves
 *
 * Steps with a question mark are done where the recipe or the trigger asks for them. What stands against a training
 * (too few rows, another run, a freeze, a budget, no harm) ends the run as skipped, with the reason.
 */
export async function continuous(input: ContinuousInput): Promise<ContinuousOutput> {
  const { recipe, startedBy, trigger } = input;
  const { workflowId, runId: temporalRunId } = workflowInfo();
  const run = input.run ?? { id: workflowId, options: { refresh: [], noCache: false } };
  const { id, options } = run;
  const name = recipe.register.model ?? recipe.name;
  const story = tellStory(`${recipe.name}: a period of ${name}`, { pipeline: recipe.name, model: name });
  await openRun({ id, recipe, options, workflowId, temporalRunId, startedBy, kind: 'continuous', trigger });
  // What the schedule did not take (an outage, a pause) gets its record as well.
  const schedule = /^schedule:(.+)$/.exec(trigger)?.[1];
  const missed = schedule === undefined ? undefined : noteMissed({ schedule });
  try {
    const ended = await period({ ...input, run, name, story });
    await missed;
    const { verdict, model, reason, period: about } = ended;
    await closeRun({
      id,
      status: 'completed',
      verdict,
      modelRef: model,
      reason,
      ...(about === null ? {} : { period: about }),
    });
    await tellEnd({ ...input, run }, ended);
    return ended;
  } catch (error) {
    if (error instanceof Skipped) {
      const reason = error.message;
      story.skip(['period'], reason);
      await missed;
      const skips = await skipRun({ line: recipe.name, runId: id, reason });
      await tell({ run, recipe, kind: 'skipped', message: `skipped: ${reason}`, skips });
      return { outcome: 'skipped', verdict: null, model: null, reason, period: null };
    }
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => closeRun({ id, status, error: errorOf(error) }));
    if (status === 'failed')
      await tell({ run, recipe, kind: 'failed', message: `the run failed: ${errorOf(error).type}` });
    throw error;
  }
}

/** Tells those whom the recipe names what became of the candidate; an unchanged one is no news. */
async function tellEnd(
  { run, recipe }: { run: RunRef; recipe: Recipe },
  { outcome, model, verdict, reason }: ContinuousOutput,
): Promise<void> {
  if (verdict === null) return;
  const isPromoted = outcome === 'promoted';
  const what = isPromoted ? `${model} is ${recipe.register.alias} now` : `${model} was not promoted`;
  const message = `${what}: the gate says ${verdict}; ${reason}`;
  await tell({ run, recipe, kind: isPromoted ? 'promoted' : 'rejected', message });
}

type Period = ContinuousInput & { run: RunRef; name: string; story: Story };

async function period(input: Period): Promise<ContinuousOutput> {
  const { run, recipe, trigger, story, holder } = input;
  const { overlap, priority } = settingsOf(recipe);
  const line = recipe.name;
  const what = `a period, ${trigger}`;
  const held = await holdLine({
    run,
    line,
    what,
    overlap,
    priority,
    story,
    ...(holder === undefined ? {} : { holder }),
  });
  if (!held.held) throw new Skipped(held.why);
  try {
    return await inLine(input);
  } finally {
    await releaseLine({ run, line });
  }
}

/** What a period works with, once the line is its own. */
type AtWork = Period & { line: LineReading; base: ArtifactRef; arrivals: ArtifactRef; budget: LineBudget };

async function inLine(input: Period): Promise<ContinuousOutput> {
  const { run, recipe, name, story, drift, reanchor } = input;
  if (reanchor) await askReanchor({ line: recipe.name, why: `asked for by ${input.startedBy}` });
  const line = await readLine({ line: recipe.name, model: name });
  if (line.closed !== null) throw new Skipped(line.closed);
  const budget = openBudget({ run, recipe, story });
  const spent = await budget.left();
  if (spent !== null) throw new Skipped(`budget gone: ${spent}`);
  if (drift) await mayTry(input);

  const raw = await story
    .step('ingest', () => ingest(input))
    .catch((error: unknown) => {
      if (errorOf(error).type === 'EmptyData') throw new Skipped(`no rows: ${errorOf(error).message}`);
      throw error;
    });
  const base = ref(raw, 'base');

  const arrived = await story.step('arrivals', () =>
    steps.arrivals({ run, params: arrivalsParams(input, line), inputs: pick(raw.outputs, 'train') }),
  );
  const fresh = ref(arrived, 'fresh');
  const at: AtWork = { ...input, line, base, budget, arrivals: ref(arrived, 'arrivals') };
  const rows = Number(arrived.facts['waiting']) + Number(arrived.facts['kept']);
  const since = await notePending({ line: recipe.name, waiting: rows });

  if (drift) await tryForHarm(at, fresh);
  else enoughOrSkip(at, { waiting: Number(arrived.facts['waiting']), rows, since });
  return tuneOn(at, rows === 0 ? undefined : { ...raw, outputs: { ...raw.outputs, train: fresh } });
}

/** Another alarm soon after a trial says nothing new. */
async function mayTry({ run, recipe }: Period): Promise<void> {
  const { debounce } = settingsOf(recipe).drift;
  const last = await lastTrial({ line: recipe.name, runId: run.id });
  if (last !== null && Date.now() - Date.parse(last) < msOf(debounce))
    throw new Skipped(`drift: the last trial was at ${last}, less than ${debounce} ago`);
}

function ingest({ run, recipe, data }: Period): Promise<StepResult> {
  const params = ingestParams(recipe);
  const { time } = settingsOf(recipe);
  const keep = [...new Set([...params.keep, ...(time === undefined ? [] : [time])])];
  const train = data === undefined ? params.train : { ...params.train, uris: data };
  return steps.ingest({ run, params: { ...params, keep, train }, inputs: {} });
}

function arrivalsParams({ recipe, window }: Period, { generation }: LineReading) {
  const { source, take, minNewRows, time } = settingsOf(recipe);
  const { key } = recipe.data;
  return {
    line: recipe.name,
    generation,
    source,
    take,
    atLeast: minNewRows,
    ...(key === undefined ? {} : { key }),
    ...(time === undefined ? {} : { time }),
    ...(window === undefined ? {} : { window }),
  };
}

/** Whether enough has come in for a training. */
function enoughOrSkip(
  { recipe, line, force }: AtWork,
  { waiting, rows, since }: { waiting: number; rows: number; since: string | null },
): void {
  const { minNewRows, maxAge } = settingsOf(recipe);
  // A person asked for a training from the base model: it needs no new rows.
  if (line.reanchor !== null && line.accepted > 0) return;
  if (rows === 0) throw new Skipped('no new rows since the last verdict');
  if (force || waiting >= minNewRows) return;
  const isOld = maxAge !== undefined && since !== null && Date.now() - Date.parse(since) >= msOf(maxAge);
  if (isOld) return;
  const waited = since === null ? '' : `, waiting since ${since}`;
  throw new Skipped(`too few new rows: ${waiting} of the ${minNewRows} asked for${waited}`);
}

/** A drift alarm is followed by a training only where the champion is proved to do worse. */
async function tryForHarm(at: AtWork, fresh: ArtifactRef): Promise<void> {
  const { run, recipe, name, story, drift } = at;
  const champion = await findChampion({ name, alias: recipe.register.alias });
  if (!champion) throw new Skipped('drift: there is no champion to try');
  const { canary, rows, margin } = settingsOf(recipe).drift;
  const frozen =
    canary === undefined
      ? undefined
      : await story.step('ingest.canary', () =>
          steps.ingest({
            run,
            instance: 'ingest.canary',
            params: { ...withoutTest(recipe), train: originOf({ uri: canary, format: 'auto' }) },
            inputs: {},
          }),
        );
  const { evaluate, gate } = recipe;
  const tried = await story.step('trial', () =>
    steps.trial({
      run,
      params: {
        line: recipe.name,
        metric: lineMetric(recipe),
        margin,
        rows,
        confidence: gate.confidence,
        why: drift?.why ?? '',
        evaluate,
      },
      inputs: { candidate: champion.ref, fresh, ...(frozen ? { canary: ref(frozen, 'train') } : {}) },
    }),
  );
  if (tried.facts['outcome'] !== 'harm') throw new Skipped(`no drift harm: ${String(tried.facts['reason'])}`);
}

const withoutTest = (recipe: Recipe) => {
  const { test: _test, ...params } = ingestParams(recipe);
  return params;
};

/** From new rows to a decision, and the watermark behind it. */
async function tuneOn(at: AtWork, raw: StepResult | undefined): Promise<ContinuousOutput> {
  const { run, recipe, name, startedBy, story, line, base, arrivals, budget } = at;
  const alias = recipe.register.alias;
  const about = `p${line.generation + 1}`;
  const prepared =
    raw &&
    (await story.step('prepare', () =>
      steps.prepare({
        run,
        params: prepareParams(recipe, startedBy),
        inputs: pick(raw.outputs, 'train', 'test', 'base'),
      }),
    ));
  const synthesized = prepared && recipe.synthesize && (await synthesizeInto(prepared, { run, recipe, story }));
  const fresh = synthesized?.outputs['train'] ?? prepared?.outputs['train'];
  const before: ArtifactRef | undefined = line.suite === null ? undefined : { digest: line.suite, type: 'Dataset' };
  const grown = prepared && (await growSuite(at, { before, test: ref(prepared, 'test'), period: about }));
  const suite = grown ? ref(grown, 'test') : before;
  if (!suite) throw new Skipped('no new rows, and no earlier period to train on');

  const start = await chooseStart({
    line: recipe.name,
    name,
    alias,
    base,
    tune: recipe.tune,
    warmStart: settingsOf(recipe).warmStart,
    metric: lineMetric(recipe),
    reanchor: line.reanchor,
  });
  const train = await mixIn(at, { fresh, suite, start });
  const tuned = await story.step('tune', () =>
    steps.tune(
      {
        run,
        params: tuneParams(recipe, start),
        inputs: { train, base, ...(start.model ? { start: start.model } : {}) },
      },
      { recipe, story, budget },
    ),
  );
  const candidate = ref(tuned, 'model');
  const closing = {
    params: {
      line: recipe.name,
      generation: line.generation,
      period: about,
      onReject: settingsOf(recipe).onReject,
      onInconclusive: settingsOf(recipe).onInconclusive,
      depth: start.depth,
    },
    inputs: {
      arrivals,
      suite,
      ...(fresh ? { fresh } : {}),
      ...(grown ? pick(grown.outputs, 'slice') : {}),
    },
  };

  const { onInconclusive, gather } = recipe.gate;
  const asksPeople = onInconclusive === 'gather' && gather.what === 'labels';
  const people = asksPeople ? askPeople(run.id, (why) => setWaiting({ runId: run.id, why })) : undefined;
  const purse = purseOf(recipe.evaluate.limits ?? {}, { run, story });
  for (let round = 1; ; round += 1) {
    const again = (step: string): { instance: string } => ({ instance: round === 1 ? step : `${step}#${round}` });
    const champion = await findChampion({ name, alias });
    if (champion?.ref.digest === candidate.digest) {
      await story.step('watermark', () =>
        steps.moveWatermark({ run, params: closing.params, inputs: { ...closing.inputs, model: candidate } }),
      );
      const model = `${name}@v${champion.version}`;
      return {
        outcome: 'unchanged',
        verdict: null,
        model,
        reason: `the candidate is the champion ${model}: nothing changed`,
        period: about,
      };
    }
    const { verdict, refs } = await weigh({
      run,
      recipe,
      test: suite,
      candidate,
      champion: champion?.ref ?? base,
      base,
      named: (step) => again(step).instance,
      story,
      purse,
      line: { name: recipe.name, generation: line.generation },
      ...(people ? { people } : {}),
    });
    const decided = await decideWithPeople({
      run,
      recipe,
      round,
      verdict,
      candidate,
      champion,
      base,
      test: suite,
      refs,
      startedBy,
      story,
    });
    if (decided.again && round < MAX_ROUNDS) continue;
    try {
      const registered = await story.step('register', () =>
        steps.register({
          run,
          ...again('register'),
          params: {
            model: name,
            alias,
            description: recipe.description,
            champion: champion?.version ?? null,
            actor: startedBy,
            ...(decided.approval ? { approval: decided.approval } : {}),
            period: closing.params,
          },
          inputs: {
            model: candidate,
            base,
            ...refs,
            ...closing.inputs,
            train,
            test: suite,
            ...(prepared ? pick(prepared.outputs, 'statistics') : {}),
            ...(synthesized ? { synthesis: ref(synthesized, 'report') } : {}),
          },
        }),
      );
      story.verdict(verdict);
      const model = String(registered.facts['model']);
      const isPromoted = registered.facts['promoted'] === true;
      const isRejected = verdict === 'reject' || decided.approval?.decision === 'rejected';
      const outcome = isPromoted ? 'promoted' : isRejected ? 'rejected' : 'inconclusive';
      const reason = endInWords(registered, start, decided.why);
      return { outcome, verdict, model, reason, period: about };
    } catch (error) {
      // Another run promoted meanwhile: what was compared is no longer what would be replaced.
      if (errorOf(error).type !== 'AliasMoved' || round === MAX_ROUNDS) throw error;
    }
  }
}

function growSuite(
  { run, recipe, startedBy, story }: AtWork,
  { before, test, period: about }: { before: ArtifactRef | undefined; test: ArtifactRef; period: string },
): Promise<StepResult> {
  return story.step('suite', () =>
    steps.suite({
      run,
      params: { line: recipe.name, period: about, actor: startedBy },
      inputs: { test, ...(before ? { before } : {}) },
    }),
  );
}

/** Rows of earlier periods beside the new ones; from the base model all of them. */
async function mixIn(
  { run, recipe, story, line }: AtWork,
  { fresh, suite, start }: { fresh: ArtifactRef | undefined; suite: ArtifactRef; start: Start },
): Promise<ArtifactRef> {
  const { replay } = settingsOf(recipe);
  if (line.accepted === 0 && fresh) return fresh;
  const mixed = await story.step('mix', () =>
    steps.mix({
      run,
      params: {
        line: recipe.name,
        policy: replay.policy,
        share: start.depth === 0 ? null : replay.share,
        maxRows: replay.maxRows,
        seed: recipe.tune.seed,
        metric: lineMetric(recipe),
        suite: suite.digest,
      },
      inputs: fresh ? { fresh } : {},
    }),
  );
  return ref(mixed, 'train');
}

/** A warm start may be shorter and gentler than a training from the base model. */
function tuneParams({ tune, continuous: settings }: Recipe, start: Start): Recipe['tune'] {
  const { iterations, learningRate } = settings?.warmStart ?? {};
  if (start.model === null) return tune;
  return {
    ...tune,
    ...(iterations === undefined ? {} : { iterations, warmupSteps: Math.min(tune.warmupSteps, iterations - 1) }),
    ...(learningRate === undefined ? {} : { learningRate }),
  };
}

function endInWords({ facts }: StepResult, start: Start, people: string | null): string {
  const rows = { accepted: 'used', consumed: 'used up, and learned by no model', kept: 'kept for the next period' };
  return [
    ...(people === null ? [] : [people]),
    ...(facts['frozen'] === undefined ? [] : [`not promoted: frozen (${String(facts['frozen'])})`]),
    `trained ${start.model === null ? start.why : `by a ${start.why}`}`,
    `its rows are ${rows[String(facts['rows']) as keyof typeof rows]}`,
  ].join('; ');
}

const settingsOf = ({ continuous: settings }: Recipe): NonNullable<Recipe['continuous']> => {
  if (!settings) throw new Error('the recipe has no section "continuous"');
  return settings;
};
