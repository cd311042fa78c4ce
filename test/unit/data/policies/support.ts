import * as fc from 'fast-check';
import { identify, type Content, type Row } from '../../../../data/row.ts';
import type { Decision, EvalSet, PolicyRun, World } from '../../../../data/policies/policy.ts';

/** A row with one question and one answer. */
export const ask = (prompt: string, answer: string, line = 1, source = 0, more: Partial<Content> = {}): Row =>
  identify(
    {
      messages: [
        { role: 'user', content: prompt },
        { role: 'assistant', content: answer },
      ],
      ...more,
    },
    source,
    line,
  );

/** A row as it stands in a prepared test set. */
export const asTest = (row: Row): Row & { reference: string } => ({
  ...row,
  messages: row.messages.slice(0, -1),
  reference: String(row.messages.at(-1)?.content),
});

/** A world that remembers what people were told. */
export function worldWith(evalSets: EvalSet[] = [], seed = 1): World & { warnings: string[] } {
  const warnings: string[] = [];
  return {
    evalSets,
    countTokens: 'no tokenizer in this test',
    maxTokens: 4096,
    seed,
    warn: (message) => void warnings.push(message),
    warnings,
  };
}

/** Puts rows through a policy as the engine does. */
export function runThrough(run: PolicyRun, rows: readonly Row[]): Decision[] {
  for (const row of rows) run.observe?.(row);
  return rows.map((row) => run.apply(row));
}

/** The reasons given, or undefined where a row stayed as it was. */
export const whys = (decisions: readonly Decision[]): (string | undefined)[] =>
  decisions.map((decision) => (decision === undefined ? undefined : 'note' in decision ? decision.note : decision.why));

/** Any UTF-16 units, lone surrogates among them. */
export const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 32, max: 126 })), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units));
