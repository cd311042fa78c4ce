import { terminal } from '../../configs/failure.ts';
import type { Refs } from '../../configs/refs.ts';
import { breathing } from '../../data/lines.ts';
import { valueOf, type Rating, type TaskLine } from '../../evaluation/ratings/rating.ts';
import type { LabelEvidence } from '../../metrics/gate/with-labels.ts';
import type { ScoredItem } from '../evaluation/report.ts';
import type { Deps } from '../step/deps.ts';

/**
 * What people said, beside what a judge in pairs says of the same rows and of the others; undefined: nobody was asked.
 * A pair that several people rated counts with their mean; one that none of them could say anything of is null.
 *
 * Inputs by role: `task1`, `ratings1`, `task2`, … and `judgements`.
 * @throws TerminalError `MissingInput` for ratings without their task or without judgements.
 */
export async function openLabels(
  { store }: Pick<Deps, 'store'>,
  inputs: Refs,
  judge: string,
): Promise<LabelEvidence | undefined> {
  const roles = Object.keys(inputs).filter((role) => /^ratings\d+$/.test(role));
  if (roles.length === 0) return undefined;
  const lines = async function* <T>(role: string): AsyncGenerator<T> {
    const ref = inputs[role];
    if (!ref) throw terminal('MissingInput', `a gate with ratings needs ${role} as well`);
    yield* breathing<T>(await store.path(ref.digest));
  };
  const drawn = new Set<string>();
  const known = new Map<string, number>();
  const values = new Map<string, number[]>();
  const shown = new Set<string>();
  const raters = new Set<string>();
  for (const role of roles) {
    for await (const line of lines<TaskLine>(role.replace('ratings', 'task'))) {
      if ('known' in line) known.set(line.id, line.known);
      else drawn.add(line.id);
    }
    for await (const { id, rater, choice } of lines<Rating>(role)) {
      if (!drawn.has(id))
        throw terminal(
          'StrangeRatings',
          `there is a rating of ${id}, which is no pair of the task: rate the task itself`,
        );
      raters.add(rater);
      shown.add(id);
      const value = valueOf(choice);
      if (value !== undefined) values.set(id, [...(values.get(id) ?? []), value]);
    }
  }
  const labelled: LabelEvidence['labelled'][number][] = [];
  const unlabelled: number[] = [];
  for await (const { id, candidate } of lines<ScoredItem>('judgements')) {
    // What a judge could not say helps nobody, and harms nobody: people decide.
    const said = candidate[judge] ?? 0.5;
    if (known.has(id)) continue;
    const all = values.get(id);
    if (all) labelled.push({ label: all.reduce((sum, value) => sum + value, 0) / all.length, judge: said });
    else if (shown.has(id)) labelled.push({ label: null, judge: said });
    else unlabelled.push(said);
  }
  return { labelled, unlabelled, known: [...known.values()], raters: raters.size };
}
