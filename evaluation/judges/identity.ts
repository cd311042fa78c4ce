import { canonicalJson } from '../../configs/canonical-json.ts';
import type { Judge } from '../../configs/judges.ts';
import { methodOf } from './methods/by-kind.ts';
import { RULES } from './question.ts';

/**
 * Everything that decides what a judge says, as canonical JSON: its digest is the judge's identity, which calibrations
 * and promotions are bound to. How often it is asked and what it may decide is not part of it.
 *
 * @param model identity of the model with its sampling, as canonical JSON
 */
export function describeJudge(judge: Judge, model: string): string {
  return canonicalJson({
    kind: judge.kind,
    rules: RULES,
    words: methodOf(judge).words(judge),
    model: JSON.parse(model) as unknown,
  });
}
