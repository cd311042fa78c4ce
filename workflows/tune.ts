import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef, Verdict } from '../configs/refs.ts';
import { openBudget } from './budget.ts';
import { decideWithPeople } from './deciding.ts';
import { ingestParams, prepareParams, purseOf, synthesizeInto } from './lifecycle.ts';
import { tell } from './notices.ts';
import { askPeople } from './people.ts';
import { pick, ref } from './refs.ts';
import { closeRun, findChampion, openRun, setWaiting, skipSteps, steps } from './steps.ts';
import { errorOf, tellStory } from './story.ts';
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

/** Evaluations against a champion that keeps moving, before the run gives up. */
const MAX_ROUNDS = 5;

/**
 * From data to a decision: ingest → prepare → synthesize? → tune → evaluate → judge? → probe? → gate → approval? →
 * register.
 * Steps with a question mark are done where the recipe asks for them.
 * A candidate equal to the champion ends the run after `tune`.
 */
export async function tune(input: TuneInput): Promise<TuneOutput> {
  const { run, recipe, startedBy } = input;
  const { workflowId, runId: temporalRunId } = workflowInfo();
  await openRun({ id: run.id, recipe, options: run.options, workflowId, temporalRunId, startedBy });
  try {
    const { verdict, model, people, promoted } = await lifecycle(input);
    await closeRun({
      id: run.id,
      status: 'completed',
      verdict,
      modelRef: model,
      ...(people === null ? {} : { reason: people }),
    });
    await tellEnd(input, { verdict, model, people, promoted });
    return { verdict, model };
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => closeRun({ id: run.id, status, error: errorOf(error) }));
    if (status === 'failed')
      await tell({ run, recipe, kind: 'failed', message: `the run failed: ${errorOf(error).type}` });
    throw error;
  }
}

/** What a run came to. */
interface Ended extends TuneOutput {
  /** What people came to, in a sentence; null: they were not asked. */
  people: string | null;
  promoted: boolean;
}

/** Tells those whom the recipe names what became of the candidate; an unchanged one is no news. */
async function tellEnd({ run, recipe }: TuneInput, { verdict, model, people, promoted }: Ended): Promise<void> {
  if (verdict === null) return;
  const what = promoted ? `${model} is ${recipe.register.alias} now` : `${model} was not promoted`;
  const message = `${what}: the gate says ${verdict}${people === null ? '' : `; ${people}`}`;
  await tell({ run, recipe, kind: promoted ? 'promoted' : 'rejected', message });
}

async function lifecycle({ run, recipe, startedBy }: TuneInput): Promise<Ended> {
  const name = recipe.register.model ?? recipe.name;
  const alias = recipe.register.alias;
  const story = tellStory(`${recipe.name}: tuning ${name}`, { pipeline: recipe.name, model: name });

  const raw = await story.step('ingest', () => steps.ingest({ run, params: ingestParams(recipe), inputs: {} }));
  const base = ref(raw, 'base');

  const prepared = await story.step('prepare', () =>
    steps.prepare({
      run,
      params: prepareParams(recipe, startedBy),
      inputs: pick(raw.outputs, 'train', 'test', 'base'),
    }),
  );
  const test = ref(prepared, 'test');

  const synthesized = recipe.synthesize && (await synthesizeInto(prepared, { run, recipe, story }));
  const train = synthesized?.outputs['train'] ?? ref(prepared, 'train');

  const terms = { recipe, story, budget: openBudget({ run, recipe, story }) };
  const tuned = await story.step('tune', () =>
    steps.tune({ run, params: recipe.tune, inputs: { train, base } }, terms),
  );
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
      return { verdict: null, model: `${name}@v${champion.version}`, people: null, promoted: false };
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
    const decided = await decideWithPeople({
      run,
      recipe,
      round,
      verdict,
      candidate,
      champion,
      base,
      test,
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
      const promoted = registered.facts['promoted'] === true;
      return { verdict, model: String(registered.facts['model']), people: decided.why, promoted };
    } catch (error) {
      // Another run promoted meanwhile: what was compared is no longer what would be replaced.
      if (errorOf(error).type !== 'AliasMoved' || round === MAX_ROUNDS) throw error;
    }
  }
}
