import type { PeriodParams } from '../activities/continuous/period.ts';
import { isBaseRemote, modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, Refs, RunRef, StepResult, Verdict } from '../configs/refs.ts';
import { decideWithPeople, type Decided } from './deciding.ts';
import { purseOf } from './lifecycle.ts';
import { ratersOf } from './people.ts';
import { findChampion, steps } from './steps.ts';
import { errorOf, type Story } from './story.ts';
import { weigh, type Weighing } from './weigh.ts';

/** Evaluations against a champion that keeps moving, before the run gives up. */
const MAX_ROUNDS = 5;

/** A candidate that is to be held against the champion. */
export interface Contest {
  run: RunRef;
  recipe: Recipe;
  /** Who started the run, for the audit. */
  startedBy: string;
  story: Story;
  candidate: ArtifactRef;
  base: ArtifactRef;
  test: ArtifactRef;
  /** What is registered with it, beside what the comparison found. */
  made: Refs;
  /** In continuous tuning: the line, and how its watermark moves. */
  line?: NonNullable<Weighing['line']>;
  period?: PeriodParams;
}

export type ContestEnd =
  /** The candidate is the champion. */
  | { kind: 'unchanged'; model: string; named: (step: string) => string }
  | { kind: 'decided'; verdict: Verdict; decided: Decided; registered: StepResult };

/**
 * evaluate → judge? → probe? → forgetting? → gate → people? → register, against the champion of now; once more where
 * another run promoted meanwhile, since what was compared is then no longer what would be replaced.
 */
export async function contend(contest: Contest): Promise<ContestEnd> {
  const { run, recipe, startedBy, story, candidate, base, test, made, line, period } = contest;
  const name = modelNameOf(recipe);
  const alias = recipe.register.alias;
  const people = ratersOf(recipe, run);
  const purse = purseOf(recipe.evaluate.limits ?? {}, { run, story });
  for (let round = 1; ; round += 1) {
    const named = (step: string): string => (round === 1 ? step : `${step}#${round}`);
    const champion = await findChampion({ name, alias });
    if (champion?.ref.digest === candidate.digest)
      return { kind: 'unchanged', model: `${name}@v${champion.version}`, named };

    const { verdict, refs } = await weigh({
      run,
      recipe,
      test,
      candidate,
      champion: champion?.ref ?? base,
      base,
      isAway: isBaseRemote(recipe) && (champion === null || champion.isRemote === true),
      named,
      story,
      purse,
      ...(people ? { people } : {}),
      ...(line ? { line } : {}),
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
          instance: named('register'),
          params: {
            model: name,
            alias,
            description: recipe.description,
            champion: champion?.version ?? null,
            actor: startedBy,
            ...(decided.approval ? { approval: decided.approval } : {}),
            ...(period ? { period } : {}),
          },
          inputs: { model: candidate, base, test, ...refs, ...made },
        }),
      );
      story.verdict(verdict);
      return { kind: 'decided', verdict, decided, registered };
    } catch (error) {
      if (errorOf(error).type !== 'AliasMoved' || round === MAX_ROUNDS) throw error;
    }
  }
}
