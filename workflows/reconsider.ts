import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, RunRef, Verdict } from '../configs/refs.ts';
import { withoutJudges } from '../configs/without-judges.ts';
import { purseOf } from './lifecycle.ts';
import { ratersOf } from './people.ts';
import { closeRun, noteReconsidered, openRun } from './steps.ts';
import { errorOf, tellStory, type Story } from './story.ts';
import { weigh } from './weigh.ts';

/** The promotion that is looked at again. */
export interface PromotionOf {
  run: string;
  /** Line of models and version that was promoted. */
  name: string;
  version: number;
  /** Judges that decide nothing any more, by their names in the recipe, and why. */
  judges: string[];
  why: string;
}

export interface ReconsiderInput {
  /** Its options name the run that promoted, as the one it is a rerun of. */
  run: RunRef;
  /** As the promotion was decided by, its judges included. */
  recipe: Recipe;
  candidate: ArtifactRef;
  champion: ArtifactRef;
  base: ArtifactRef;
  test: ArtifactRef;
  of: PromotionOf;
  startedBy: string;
}

export interface ReconsiderOutput {
  /** null: nothing was left to decide on. */
  verdict: Verdict | null;
  outcome: 'upheld' | 'reopened';
  why: string;
}

/**
 * Looks at a promotion again without the judges that it rested on: the promoted model and the one that it was
 * compared with go through evaluate → judge? → probe? → gate together. No alias moves: a promotion that does not hold
 * is noted as reopened, and a person decides.
 */
export async function reconsider(input: ReconsiderInput): Promise<ReconsiderOutput> {
  const { run, recipe, of, startedBy } = input;
  const { workflowId, runId: temporalRunId } = workflowInfo();
  const left = withoutJudges(recipe, of.judges);
  const { id, options } = run;
  await openRun({
    id,
    recipe: left?.recipe ?? recipe,
    options,
    workflowId,
    temporalRunId,
    startedBy,
    kind: 'reconsider',
  });
  try {
    const model = `${of.name}@v${of.version}`;
    const story = tellStory(`${recipe.name}: ${model} again, without ${of.judges.join(', ')}`, {
      pipeline: recipe.name,
      model: of.name,
    });
    const found = left ? await weighAgain(input, left.recipe, story) : NOTHING_LEFT;
    const { verdict } = found;
    const outcome = verdict === 'promote' ? 'upheld' : 'reopened';
    const why = [`${of.judges.join(', ')} no longer decides (${of.why}).`, ...(left?.changes ?? []), found.why].join(
      ' ',
    );
    await noteReconsidered({ runId: id, actor: startedBy, name: of.name, version: of.version, outcome, why });
    if (verdict) story.verdict(verdict);
    await closeRun({ id, status: 'completed', verdict, modelRef: model });
    return { verdict, outcome, why };
  } catch (error) {
    const status = isCancellation(error) ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => closeRun({ id, status, error: errorOf(error) }));
    throw error;
  }
}

const NOTHING_LEFT = {
  verdict: null,
  why: 'Nothing is left to decide on: the recipe measures nothing else. The promotion stays open until a person decides.',
};

const IN_WORDS: Record<Verdict, string> = {
  promote: 'The promotion holds without it.',
  reject: 'The promotion does not hold without it: the model is not better.',
  inconclusive: 'The promotion does not hold without it: neither side is proved.',
};

async function weighAgain(
  { run, candidate, champion, base, test }: ReconsiderInput,
  recipe: Recipe,
  story: Story,
): Promise<{ verdict: Verdict; why: string }> {
  const purse = purseOf(recipe.evaluate.limits ?? {}, { run, story });
  const people = ratersOf(recipe, run);
  const { verdict } = await weigh({
    run,
    recipe,
    test,
    candidate,
    champion,
    base,
    named: (step) => step,
    story,
    purse,
    ...(people ? { people } : {}),
  });
  return { verdict, why: IN_WORDS[verdict] };
}
