import { refsOf } from '../../artifacts/ledger/executions.ts';
import { datasetAt } from '../../artifacts/ledger/datasets.ts';
import { lookedAt } from '../../artifacts/ledger/looks.ts';
import { openEvidence } from '../../activities/gating/evidence.ts';
import { settingsOf } from '../../activities/gating/decide.ts';
import { metricsOfGate } from '../../configs/gate.ts';
import { metricName, OPERATIONAL } from '../../configs/metric-names.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { Moments } from '../../metrics/gate/moments.ts';
import type { MetricFacts } from '../../metrics/gate/tally.ts';
import { planGate, type PlanLine, type PlanQuestion, type Spread } from '../../metrics/gate/plan.ts';
import { parseMetric } from '../../metrics/registry.ts';
import type { Shelf } from '../datasets/open.ts';

/** What a gate can find with the test set that a recipe has. */
export interface GatePlan {
  /** Rows of the test set, and those of them that the first decision sees. */
  testRows: number;
  items: number;
  /** The look that is coming, counted as if the test set were the last one of this recipe. */
  look: number;
  lines: PlanLine[];
  /** Guards that nothing can be said of yet. */
  notes: string[];
}

/**
 * Plans the gate of a recipe before anything runs or is paid for. What earlier evaluations of the same recipe found
 * says how far scores spread; else it is assumed.
 */
export async function planOf(
  recipe: Recipe,
  testRows: number,
  shelf: Shelf | undefined,
  asked: { wanted?: number; differ?: number },
): Promise<GatePlan> {
  const { gate } = recipe;
  const items = Math.round(testRows * (1 - gate.reserve));
  const earlier = shelf && (await lastEvidence(shelf, recipe.name));
  const last = shelf && (await datasetAt(shelf.ledger, `${recipe.name}.test`, 'latest'));
  const look = 1 + (shelf && last ? await lookedAt(shelf.ledger, last.digest) : 0);
  const facts: Record<string, MetricFacts> = {};
  const notes: string[] = [];
  for (const { metric } of metricsOfGate(gate)) {
    const found = earlier?.facts[metric] ?? factsFor(metric, recipe);
    if (found) facts[metric] = found;
    else notes.push(`${metric} has no scale before it was measured once: nothing can be said of it yet`);
  }
  const settings = settingsOf(gate);
  const known = (guard: { metric: string }): boolean => Object.hasOwn(facts, guard.metric);
  const primary = settings.primaries[0]?.metric ?? gate.metric;
  const question: PlanQuestion = {
    settings: { ...settings, guards: settings.guards.filter(known), floors: [] },
    facts,
    look,
    items,
    ...(earlier ? { spreads: earlier.spreads, bySlice: earlier.bySlice } : {}),
    ...(asked.wanted === undefined ? {} : { wanted: { [primary]: asked.wanted } }),
    ...(asked.differ === undefined ? {} : { assumed: { discordance: asked.differ } }),
  };
  return { testRows, items, look, lines: planGate(question), notes };
}

/** What is known of a metric without any score. */
function factsFor(metric: string, { evaluate }: Recipe): MetricFacts | undefined {
  if (Object.hasOwn(OPERATIONAL, metric)) return undefined;
  const custom = evaluate.custom?.[metric];
  if (custom) return { range: custom.range ?? [0, 1], better: custom.better ?? 'higher', isBinary: false };
  if (evaluate.judges && Object.hasOwn(evaluate.judges, metric))
    return { range: [0, 1], better: 'higher', isBinary: false };
  if (['attackSuccess', 'overRefusal', 'biasGap'].includes(metric))
    return { range: [0, 1], better: 'lower', isBinary: true };
  if (metricName(metric) === 'jsonSchema') return { range: [0, 1], better: 'higher', isBinary: true };
  const { range, better, isBinary } = parseMetric(metric);
  return { range, better, isBinary };
}

interface Earlier {
  facts: Record<string, MetricFacts>;
  spreads: Record<string, Spread>;
  bySlice: Record<string, number>;
}

/** Spread of the differences in the newest evaluation of a pipeline whose scores are kept. */
async function lastEvidence({ ledger, store }: Shelf, pipeline: string): Promise<Earlier | undefined> {
  const newest = await ledger
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select('executions.id')
    .where('runs.pipeline', '=', pipeline)
    .where('executions.step', '=', 'evaluate')
    .where('executions.status', '=', 'completed')
    .orderBy('executions.started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const outputs = newest && (await refsOf(ledger, newest.id, 'out'));
  if (!outputs?.['scores'] || !outputs['report']) return undefined;
  const evidence = await openEvidence({ store }, { report: outputs['report'], scores: outputs['scores'] });
  const moments = new Map<string, { difference: Moments; champion: Moments }>();
  const bySlice: Record<string, number> = {};
  for await (const { candidate, champion, slices = [] } of evidence.items()) {
    for (const slice of slices) bySlice[slice] = (bySlice[slice] ?? 0) + 1;
    for (const [metric, ours] of Object.entries(candidate)) {
      const theirs = champion[metric];
      if (ours === null || theirs === null || theirs === undefined) continue;
      const found = moments.get(metric) ?? { difference: new Moments(), champion: new Moments() };
      moments.set(metric, found);
      found.difference.add(ours - theirs);
      found.champion.add(theirs);
    }
  }
  const spreads = [...moments].map(([metric, { difference, champion }]): [string, Spread] => [
    metric,
    { deviation: difference.deviation, champion: champion.mean },
  ]);
  return { facts: evidence.facts, spreads: Object.fromEntries(spreads), bySlice };
}
