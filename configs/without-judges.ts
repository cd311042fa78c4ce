import type { Gate } from './gate.ts';
import type { Recipe } from './recipe.ts';

// As in gate.ts, which workflows do not load: it brings its schema library with it.
const primariesOf = ({ metric, minGain, primaries }: Gate): { metric: string; minGain: number }[] =>
  primaries ?? [{ metric, minGain }];

/** A recipe that some judges were taken out of. */
export interface WithoutJudges {
  recipe: Recipe;
  /** What decides now and what no longer does, in words. */
  changes: string[];
}

/**
 * A recipe without some of its judges: what else it decides on decides; where the gate decided on them alone, its
 * metrics do, each with a gain above 0 (by Holm). Guards and floors on those judges go.
 *
 * @returns undefined when nothing is left to decide on.
 */
export function withoutJudges(recipe: Recipe, names: readonly string[]): WithoutJudges | undefined {
  const { evaluate, gate } = recipe;
  const isLeft = ({ metric }: { metric: string }): boolean => !names.includes(metric);
  const before = primariesOf(gate);
  const kept = before.filter(isLeft);
  const metrics = [...evaluate.metrics, ...Object.keys(evaluate.custom ?? {})];
  const decides = kept.length > 0 ? kept : metrics.map((metric) => ({ metric, minGain: 0 }));
  const [first] = decides;
  if (!first) return undefined;
  const judges = Object.entries(evaluate.judges ?? {}).filter(([name]) => !names.includes(name));
  const { judges: _all, ...measured } = evaluate;
  const { primaries: _before, ...rest } = gate;
  const changed: Gate = {
    ...rest,
    onInconclusive: gathersStill(gate, first.metric, judges.length) ? gate.onInconclusive : 'stop',
    metric: first.metric,
    minGain: first.minGain,
    ...(decides.length > 1 ? { primaries: [...decides] } : {}),
    guards: gate.guards.filter(isLeft),
    floors: gate.floors.filter(isLeft),
  };
  return {
    recipe: {
      ...recipe,
      evaluate: { ...measured, ...(judges.length > 0 ? { judges: Object.fromEntries(judges) } : {}) },
      gate: changed,
    },
    changes: changesOf(gate, changed, names),
  };
}

/** Labels by people are put together with the judge that decides, and votes are cast by judges. */
function gathersStill({ metric, gather }: Gate, decides: string, judges: number): boolean {
  // Recipes of earlier versions do not say what they gather: items.
  const { what } = gather as { what?: Gate['gather']['what'] };
  return what === 'labels' ? metric === decides : what !== 'votes' || judges > 0;
}

function changesOf(before: Gate, after: Gate, names: readonly string[]): string[] {
  const [then, now] = [before, after].map((gate) => primariesOf(gate).map(({ metric }) => metric)) as [
    string[],
    string[],
  ];
  const gone = (kind: 'guards' | 'floors'): string[] =>
    before[kind].filter(({ metric }) => names.includes(metric)).map(({ metric }) => metric);
  return [
    ...(then.join() === now.join() ? [] : [`Without ${listed(names)}, the gate decides on ${listed(now)}.`]),
    ...gone('guards').map((metric) => `The guard on ${metric} is gone.`),
    ...gone('floors').map((metric) => `The floor on ${metric} is gone.`),
    ...(before.onInconclusive === after.onInconclusive ? [] : ['No more evidence is gathered.']),
  ];
}

/** `a`, `a and b`, `a, b and c`. */
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
