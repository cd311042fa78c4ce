import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Source } from '../configs/data.ts';
import { keptColumns, urisOf } from '../configs/source-paths.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { Budget, RunRef, StepResult, Verdict } from '../configs/refs.ts';
import type { IngestParams } from '../activities/ingest.ts';
import { askPeople } from './people.ts';
import { openPurse, type Purse } from './purse.ts';
import { pick, ref } from './refs.ts';
import { closeRun, findChampion, openRun, setWaiting, skipSteps, steps } from './steps.ts';
import { errorOf, tellStory, type Story } from './story.ts';
import { weigh } from './weigh.ts';

export interface TuneInput {
  run: RunRef;
  recipe: Recipe;
  /** Who started it, for the audit. */
  startedBy: string;
}

export interface TuneOutput {
  verdict: Verdict | null;
  /** `name@vN` of what was registered, or of the champion that stays. */
  model: string;
}

type IngestOrigin = IngestParams['train'];

/** Evaluations against a champion that keeps moving, before the run gives up. */
const MAX_ROUNDS = 5;

/**
 * From data to a decision: ingest → prepare → synthesize? → tune → evaluate → judge? → probe? → gate → register.
 * Steps with a question mark are done where the recipe asks for them.
 * A candidate equal to the champion ends the run after `tune`.
 */
export async function tune(input: TuneInput): Promise<TuneOutput> {
  const { run, recipe, startedBy } = input;
  const { workflowId, runId: temporalRunId } = workflowInfo();
  await openRun({ id: run.id, recipe, options: run.options, workflowId, temporalRunId, startedBy });
  try {
    const { verdict, model } = await lifecycle(input);
    await closeRun({ id: run.id, status: 'completed', verdict, modelRef: model });
    return { verdict, model };
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => closeRun({ id: run.id, status, error: errorOf(error) }));
    throw error;
  }
}

async function lifecycle({ run, recipe, startedBy }: TuneInput): Promise<TuneOutput> {
  const { data, model } = recipe;
  const name = recipe.register.model ?? recipe.name;
  const alias = recipe.register.alias;
  const story = tellStory(`${recipe.name}: tuning ${name}`, { pipeline: recipe.name, model: name });

  const raw = await story.step('ingest', () =>
    steps.ingest({
      run,
      params: {
        train: originOf(data.train),
        test: data.test && originOf(data.test),
        template: data.template,
        label: data.label,
        ...keptColumns(data, recipe.evaluate.slices),
        maxBadShare: data.maxBadShare,
        maxRowBytes: data.maxRowBytes,
        base: model.base,
        revision: model.revision,
      },
      inputs: {},
    }),
  );
  const base = ref(raw, 'base');

  const prepared = await story.step('prepare', () =>
    steps.prepare({
      run,
      params: {
        pipeline: recipe.name,
        policies: data.prepare,
        split: data.split,
        maxTokens: recipe.tune.maxTokens,
        maskPrompt: recipe.tune.maskPrompt,
        actor: startedBy,
      },
      inputs: pick(raw.outputs, 'train', 'test', 'base'),
    }),
  );
  const test = ref(prepared, 'test');

  const synthesized = recipe.synthesize && (await synthesizeInto(prepared, { run, recipe, story }));
  const train = synthesized?.outputs['train'] ?? ref(prepared, 'train');

  const tuned = await story.step('tune', () => steps.tune({ run, params: recipe.tune, inputs: { train, base } }));
  const candidate = ref(tuned, 'model');

  const { onInconclusive, gather } = recipe.gate;
  const asksPeople = onInconclusive === 'gather' && gather.what === 'labels';
  const people = asksPeople ? askPeople(run.id, (why) => setWaiting({ runId: run.id, why })) : undefined;

  for (let round = 1; ; round += 1) {
    const again = (step: string): { instance: string } => ({ instance: round === 1 ? step : `${step}#${round}` });
    const champion = await findChampion({ name, alias });
    if (champion?.ref.digest === candidate.digest) {
      const reason = `the candidate is the champion ${name}@v${champion.version}: nothing changed since`;
      const { judges, safety, bias } = recipe.evaluate;
      const asked = [...(judges ? ['judge'] : []), ...(safety || bias ? ['probe'] : [])];
      const left = ['evaluate', ...asked, 'gate', 'register'].map((step) => again(step).instance);
      story.skip(left, reason);
      await skipSteps({ runId: run.id, steps: left, reason });
      return { verdict: null, model: `${name}@v${champion.version}` };
    }

    const { verdict, refs } = await weigh({
      run,
      recipe,
      test,
      candidate,
      champion: champion?.ref ?? base,
      base,
      named: (step) => again(step).instance,
      story,
      purse: purseOf(recipe.evaluate.limits ?? {}, { run, story }),
      ...(people ? { people } : {}),
    });

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
          },
          inputs: {
            model: candidate,
            base,
            ...refs,
            train,
            ...pick(prepared.outputs, 'test', 'statistics'),
            ...(synthesized ? { synthesis: ref(synthesized, 'report') } : {}),
          },
        }),
      );
      story.verdict(verdict);
      return { verdict, model: String(registered.facts['model']) };
    } catch (error) {
      // Another run promoted meanwhile: what was compared is no longer what would be replaced.
      if (errorOf(error).type !== 'AliasMoved' || round === MAX_ROUNDS) throw error;
    }
  }
}

/** What a run may spend; one that reaches it waits for more. */
function purseOf({ usd, tokens }: Budget, { run, story }: { run: RunRef; story: Story }): Purse {
  return openPurse(
    { ...(usd === undefined ? {} : { usd }), ...(tokens === undefined ? {} : { tokens }) },
    async (why) => {
      story.waiting(why);
      await setWaiting({ runId: run.id, why });
    },
  );
}

/** Adds synthetic rows; a budget that is reached makes the run wait for more of it. */
async function synthesizeInto(
  prepared: StepResult,
  { run, recipe, story }: { run: RunRef; recipe: Recipe; story: Story },
): Promise<StepResult> {
  const settings = recipe.synthesize as NonNullable<Recipe['synthesize']>;
  const purse = purseOf(settings.limits, { run, story });
  const { template, label } = recipe.data;
  return story.step('synthesize', () =>
    steps.synthesize(
      {
        run,
        params: { pipeline: recipe.name, settings, template, label, maxTokens: recipe.tune.maxTokens },
        inputs: pick(prepared.outputs, 'train', 'test'),
      },
      purse,
    ),
  );
}

const originOf = ({ format, sql, connection, uri }: Source): IngestOrigin => ({
  uris: urisOf({ uri }),
  format,
  sql,
  connection,
});
