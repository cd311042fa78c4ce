import type { Recipe } from './recipe.ts';

/** The same recipe, in which every generator and judge at Vertex AI says where it is asked: where the recipe says, unless it says so itself. */
export function placeGenerators(recipe: Recipe): Recipe {
  const { google, synthesize, evaluate } = recipe;
  if (!google) return recipe;
  const { project, location } = google;
  const place = {
    ...(project === undefined ? {} : { project }),
    ...(location === undefined ? {} : { location }),
  };
  const placed = <T extends { kind: string }>(generator: T): T =>
    generator.kind === 'vertex' ? { ...place, ...generator } : generator;
  const each = <T>(all: Record<string, T>, change: (one: T) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
  return {
    ...recipe,
    ...(synthesize ? { synthesize: { ...synthesize, generators: each(synthesize.generators, placed) } } : {}),
    evaluate: {
      ...evaluate,
      ...(evaluate.judges
        ? { judges: each(evaluate.judges, (judge) => ({ ...judge, generator: placed(judge.generator) })) }
        : {}),
    },
  };
}
