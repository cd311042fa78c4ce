import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { crossCheckSynthesis } from '../../../../configs/synthesis-check.ts';
import { Synthesize } from '../../../../configs/synthesis.ts';
import { readGrammar } from '../../../../data/synthesis/grammar.ts';
import { planTask } from '../../../../data/synthesis/plan.ts';
import { template, triageGiven } from './support.ts';

test('recipe and grammar of docs/synthesis.md are right and fit together', () => {
  const doc = readFileSync(new URL('../../../../docs/synthesis.md', import.meta.url), 'utf8');
  const [recipe, grammar] = [...doc.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string);
  const { synthesize } = parse(recipe as string) as { synthesize: unknown };
  expect(crossCheckSynthesis(synthesize)).toEqual([]);
  const given = { ...triageGiven, template, grammar: readGrammar(grammar as string, 'docs/synthesis.md') };
  expect(planTask(Synthesize.parse(synthesize), 0, given)).toMatchObject([{ rows: 20, label: 'returns' }]);
});
