import type { TuneParams } from '../../activities/tune.ts';
import type { Start } from '../../activities/continuous/line-record.ts';
import { lineMetric } from '../../configs/line-metric.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { ArtifactRef, Refs, StepResult } from '../../configs/refs.ts';
import { prepareParams, synthesizeInto, tuneParams } from '../lifecycle.ts';
import { pick, ref } from '../refs.ts';
import { chooseStart, steps } from '../steps.ts';
import { settingsOf, Skipped, type AtWork } from './at-work.ts';

/** A candidate, and what it was made of. */
export interface Trained {
  /** Name of the period: `p` and a number. */
  period: string;
  candidate: ArtifactRef;
  start: Start;
  /** All test rows of the line. */
  suite: ArtifactRef;
  /** What it was trained on, replayed rows included. */
  train: ArtifactRef;
  /** `fresh`: the period's own training rows; `slice`: its test rows; `statistics`, `synthesis`. Those that there are. */
  made: Refs;
}

/**
 * prepare → synthesize? → suite → mix → tune
 *
 * @param raw What came in; undefined: nothing, for a training from the base model on earlier periods alone.
 */
export async function train(at: AtWork, raw: StepResult | undefined): Promise<Trained> {
  const { run, recipe, name, startedBy, story, line, base, budget } = at;
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
  const mixed = await mixIn(at, { fresh, suite, start });
  const tuned = await story.step('tune', () =>
    steps.tune(
      {
        run,
        params: periodParams(recipe, start),
        inputs: { train: mixed, base, ...(start.model ? { start: start.model } : {}) },
      },
      { recipe, story, budget },
    ),
  );
  return {
    period: about,
    candidate: ref(tuned, 'model'),
    start,
    suite,
    train: mixed,
    made: {
      ...(fresh ? { fresh } : {}),
      ...(grown ? pick(grown.outputs, 'slice') : {}),
      ...(prepared ? pick(prepared.outputs, 'statistics') : {}),
      ...(synthesized ? { synthesis: ref(synthesized, 'report') } : {}),
    },
  };
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
function periodParams(recipe: Recipe, start: Start): TuneParams {
  const tune = tuneParams(recipe);
  const { iterations, learningRate } = recipe.continuous?.warmStart ?? {};
  if (start.model === null) return tune;
  return {
    ...tune,
    ...(iterations === undefined ? {} : { iterations, warmupSteps: Math.min(tune.warmupSteps, iterations - 1) }),
    ...(learningRate === undefined ? {} : { learningRate }),
  };
}
