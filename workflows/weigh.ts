import { lineMetric } from '../configs/line-metric.ts';
import { BUDGET_REACHED } from '../configs/presets.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, Refs, RunRef, StepResult, Verdict } from '../configs/refs.ts';
import { placeOf } from './lifecycle.ts';
import type { People } from './people.ts';
import type { Purse } from './purse.ts';
import { pick, ref } from './refs.ts';
import { steps } from './steps.ts';
import { errorOf, type Story } from './story.ts';

/** A comparison of two models on one test set. */
export interface Weighing {
  run: RunRef;
  recipe: Recipe;
  test: ArtifactRef;
  candidate: ArtifactRef;
  champion: ArtifactRef;
  base: ArtifactRef;
  /** Both models lie at vendors: answering keeps nothing on this machine busy. */
  isAway?: boolean;
  /** Name of a step within this round of the run: `evaluate`, or `evaluate#2` when the champion moved. */
  named(step: string): string;
  story: Story;
  /** What judges may spend. */
  purse: Purse;
  /** Who compares answers, where the gate asks for that. */
  people?: People;
  /** The line whose earlier periods may not be lost, in continuous tuning. */
  line?: { name: string; generation: number };
}

export interface Weighed {
  verdict: Verdict;
  /** What registration and the report refer to. */
  refs: { report: ArtifactRef; verdict: ArtifactRef; forgetting?: ArtifactRef };
}

interface Part {
  from: number;
  to: number;
}

/** What is known of some rows, and what both models answered to them. */
interface Measured {
  refs: Refs;
  answers: Refs;
}

/**
 * From two models to a verdict: both answer, judges and attacks look at them where the recipe says so, and the gate
 * decides. An inconclusive gate may send for more evidence, and a promotion may have to hold on rows kept back.
 */
export async function weigh(weighing: Weighing): Promise<Weighed> {
  const { recipe, test } = weighing;
  const { gate, evaluate } = recipe;
  const kept = gate.reserve ?? 0; // recipes of earlier versions have none
  const first: Part = { from: 0, to: 1 - kept };
  const { refs, answers } = await measure(weighing, kept > 0 ? first : undefined, '');
  const probed = evaluate.safety || evaluate.bias ? await probe(weighing) : {};
  const remembered = await recall(weighing, refs);
  let evidence: Refs = { test, ...refs, ...probed, ...remembered };
  let gated = await decide(weighing, evidence, 0);
  for (let round = 1; gatheringGoesOn(gated, gate, round); round += 1) {
    // Recipes of earlier versions gather items.
    const more = await GATHERERS[gate.gather.what ?? 'items'](weighing, round, answers);
    if (!more) break;
    evidence = { ...evidence, ...more };
    gated = await decide(weighing, evidence, round);
  }
  if (gate.confirm && verdictOf(gated) === 'promote') {
    const fresh = await measure(weighing, { from: first.to, to: 1 }, 'confirm');
    gated = await decide(weighing, { test, ...fresh.refs, ...probed, ...remembered }, 0, 'confirm');
  }
  const report = evidence['report'] as ArtifactRef;
  return { verdict: verdictOf(gated), refs: { report, verdict: ref(gated, 'verdict'), ...remembered } };
}

const gatheringGoesOn = (gated: StepResult, gate: Recipe['gate'], round: number): boolean =>
  gate.onInconclusive === 'gather' && verdictOf(gated) === 'inconclusive' && round <= gate.gather.rounds;

const verdictOf = ({ facts }: StepResult): Verdict => facts['verdict'] as Verdict;

/** Both models answer some rows, and everything that scores answers scores them. */
async function measure(weighing: Weighing, part: Part | undefined, suffix: string): Promise<Measured> {
  const { run, recipe, test, candidate, champion, base, story, purse, isAway } = weighing;
  const instance = weighing.named(suffix === '' ? 'evaluate' : `evaluate.${suffix}`);
  const params = {
    ...recipe.evaluate,
    ...placeOf(recipe),
    ...(part ? { part: weighing.line ? { ...part, grows: true as const } : part } : {}),
  };
  const inputs = { test, candidate, champion, base };
  const evaluated = await story.step(instance, () =>
    whileItLasts(purse, recipe, (limits) =>
      steps.evaluate({ run, instance, params: { ...params, ...limits }, inputs }, isAway),
    ),
  );
  // Evaluations of earlier versions have their scores in the report.
  const measured = { report: ref(evaluated, 'report'), ...pick(evaluated.outputs, 'scores') };
  const { rows } = evaluated.outputs;
  const answers = {
    ...(rows ? { test: rows } : {}),
    ...pick(evaluated.outputs, 'candidatePredictions', 'championPredictions'),
  };
  const judged = recipe.evaluate.judges ? await judge(weighing, answers, suffix, 0) : {};
  return { refs: under(suffix, { ...measured, ...judged }), answers };
}

/** Does a step that stops before it spends more than is allowed: the run then waits for more, and the step goes on. */
async function whileItLasts(
  purse: Purse,
  { evaluate }: Recipe,
  step: (bounds: Pick<Recipe['evaluate'], 'limits'>) => Promise<StepResult>,
): Promise<StepResult> {
  for (;;) {
    const budget = purse.budget();
    try {
      return await step(evaluate.limits ? { limits: budget } : {});
    } catch (error) {
      const { type, message } = errorOf(error);
      if (type !== BUDGET_REACHED) throw error;
      await purse.refill(budget, message);
    }
  }
}

/** Judges look at the answers. */
async function judge(weighing: Weighing, answers: Refs, suffix: string, votes: number): Promise<Refs> {
  const { run, recipe, story, purse } = weighing;
  const instance = weighing.named(suffix === '' ? 'judge' : `judge.${suffix}`);
  const judged = await story.step(instance, () =>
    steps.judge(
      {
        run,
        instance,
        params: { judges: recipe.evaluate.judges ?? {}, votes },
        inputs: answers,
      },
      purse,
    ),
  );
  return { judgements: ref(judged, 'scores'), judging: ref(judged, 'report') };
}

/** Attacks and counterfactual pairs are put to both models. */
async function probe(weighing: Weighing): Promise<Refs> {
  const { run, recipe, candidate, champion, base, test, named, story, purse, isAway } = weighing;
  const instance = named('probe');
  const { safety, bias, decoding, batchSize, price } = recipe.evaluate;
  const params = {
    ...(safety ? { safety } : {}),
    ...(bias ? { bias } : {}),
    ...(price ? { price } : {}),
    ...placeOf(recipe),
    decoding,
    batchSize,
  };
  const inputs = { test, candidate, champion, base };
  const probed = await story.step(instance, () =>
    whileItLasts(purse, recipe, (limits) =>
      steps.probe({ run, instance, params: { ...params, ...limits }, inputs }, isAway),
    ),
  );
  return { probes: ref(probed, 'scores'), probing: ref(probed, 'report') };
}

/** In continuous tuning: what was learned in earlier periods is held against every champion of the line. */
async function recall(
  { run, recipe, line, test, named, story }: Weighing,
  measured: Refs,
): Promise<{ forgetting?: ArtifactRef }> {
  if (!line || !recipe.continuous) return {};
  const instance = named('forgetting');
  const { confidence } = recipe.gate;
  const { margin, require } = recipe.continuous.forgetting;
  const remembered = await story.step(instance, () =>
    steps.forgetting({
      run,
      instance,
      params: {
        line: line.name,
        generation: line.generation,
        metric: lineMetric(recipe),
        margin,
        require,
        confidence,
      },
      inputs: { test, ...pick(measured, 'report', 'scores') },
    }),
  );
  return { forgetting: ref(remembered, 'forgetting') };
}

function decide(
  weighing: Weighing,
  inputs: Refs,
  round: number,
  stage: 'decide' | 'confirm' = 'decide',
): Promise<StepResult> {
  const { run, recipe, story, line } = weighing;
  const name = stage === 'confirm' ? 'gate.confirm' : round === 0 ? 'gate' : `gate.${round}`;
  const instance = weighing.named(name);
  return story.step(instance, () =>
    steps.gate({
      run,
      instance,
      params: { ...recipe.gate, round, stage, ...(line ? { suite: line.name } : {}) },
      inputs,
    }),
  );
}

type Gatherer = (weighing: Weighing, round: number, answers: Refs) => Promise<Refs | undefined>;

/** How a round of more evidence is had, by what the recipe gathers; undefined: there is none, and the verdict stays. */
const GATHERERS: Record<Recipe['gate']['gather']['what'], Gatherer> = {
  items: moreItems,
  labels: moreLabels,
  votes: (weighing, round, answers) => judge(weighing, answers, String(round), round),
};

/** The next part of the rows that were kept back. */
async function moreItems(weighing: Weighing, round: number): Promise<Refs> {
  const { reserve, gather: how } = weighing.recipe.gate;
  const portion = reserve / how.rounds;
  const from = 1 - reserve + (round - 1) * portion;
  const { refs } = await measure(weighing, { from, to: round === how.rounds ? 1 : from + portion }, String(round));
  return refs;
}

/** People compare answers; the run waits for them, for days at no cost. */
async function moreLabels(weighing: Weighing, round: number, answers: Refs): Promise<Refs | undefined> {
  const { run, recipe, story, people } = weighing;
  if (!people) return undefined;
  const { labels, deadlineHours } = recipe.gate.gather;
  const instance = weighing.named(`rate.${round}`);
  const opened = await story.step(instance, () =>
    steps.openRating({ run, instance, params: { labels, round, seed: 0 }, inputs: answers }),
  );
  // Every pair that differs was drawn in an earlier round.
  if (opened.facts['pairs'] === 0) return undefined;
  const task = ref(opened, 'task');
  const ratings = await people.rate(task, { hours: deadlineHours, story });
  return ratings && { [`task${round}`]: task, [`ratings${round}`]: ratings };
}

const under = (suffix: string, refs: Refs): Refs =>
  Object.fromEntries(Object.entries(refs).map(([role, one]) => [`${role}${suffix === 'confirm' ? '' : suffix}`, one]));
