import type { ArtifactRef, Refs, StepResult } from '../configs/refs.ts';

/** An output that a step has to have given. */
export function ref({ outputs }: Pick<StepResult, 'outputs'>, role: string): ArtifactRef {
  const found = outputs[role];
  if (!found) throw new Error(`a step gave no "${role}"`);
  return found;
}

/** Those of the roles that are there. */
export const pick = (refs: Refs, ...roles: string[]): Refs =>
  Object.fromEntries(roles.flatMap((role) => (refs[role] ? [[role, refs[role]]] : [])));
