import { workflowInfo } from '@temporalio/workflow';
import { modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef, Verdict } from '../configs/refs.ts';
import { openBudget } from './budget.ts';
import { ingestParams, prepareParams, synthesizeInto, tuneParams } from './lifecycle.ts';
import { mirror } from './mirror.ts';
import { endWithError, tellEnd } from './notices.ts';
import { pick, ref } from './refs.ts';
import { contend } from './rounds.ts';
import { closeRun, openRun, skipSteps, steps } from './steps.ts';
import { tellStory } from './story.ts';

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
    // An unchanged candidate is no news.
    if (verdict !== null) await tellEnd(input, { verdict, model, isPromoted: promoted, why: people });
    await mirror(input);
    return { verdict, model };
  } catch (error) {
    await endWithError(error, input);
    throw error;
  }
}

/** What a run came to. */
interface Ended extends TuneOutput {
  /** What people came to, in a sentence; null: they were not asked. */
  people: string | null;
  promoted: boolean;
}

async function lifecycle({ run, recipe, startedBy }: TuneInput): Promise<Ended> {
  const name = modelNameOf(recipe);
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
    steps.tune({ run, params: tuneParams(recipe), inputs: { train, base } }, terms),
  );
  const ended = await contend({
    run,
    recipe,
    startedBy,
    story,
    candidate: ref(tuned, 'model'),
    base,
    test,
    made: {
      train,
      ...pick(prepared.outputs, 'statistics'),
      ...(synthesized ? { synthesis: ref(synthesized, 'report') } : {}),
    },
  });
  if (ended.kind === 'unchanged') {
    const { model, named } = ended;
    const reason = `the candidate is the champion ${model}: nothing changed since`;
    const { judges, safety, bias } = recipe.evaluate;
    const asked = [...(judges ? ['judge'] : []), ...(safety || bias ? ['probe'] : [])];
    const left = ['evaluate', ...asked, 'gate', 'register'].map(named);
    story.skip(left, reason);
    await skipSteps({ runId: run.id, steps: left, reason });
    return { verdict: null, model, people: null, promoted: false };
  }
  const { verdict, decided, registered } = ended;
  const promoted = registered.facts['promoted'] === true;
  return { verdict, model: String(registered.facts['model']), people: decided.why, promoted };
}
