import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { POLICIES } from '../../../../configs/policies.ts';
import { language } from '../../../../data/policies/language.ts';
import { length } from '../../../../data/policies/length.ts';
import { normalize } from '../../../../data/policies/normalize.ts';
import { pii } from '../../../../data/policies/pii.ts';
import type { Policy } from '../../../../data/policies/policy.ts';
import { repetition } from '../../../../data/policies/repetition.ts';
import { roles } from '../../../../data/policies/roles.ts';
import { secrets } from '../../../../data/policies/secrets.ts';
import { specialTokens } from '../../../../data/policies/special-tokens.ts';
import { tokens } from '../../../../data/policies/tokens.ts';
import { changeTexts } from '../../../../data/detect/row-text.ts';
import { identify } from '../../../../data/row.ts';
import type { Row } from '../../../../data/row.ts';
import { anyRow, worldOf } from './rows.ts';

const removing: [Policy<never>, Record<string, unknown>][] = [
  [roles, {}],
  [length, { minAnswer: 3, maxPrompt: 50 }],
  [repetition, {}],
  [language, { allow: ['en'], minCharacters: 1 }],
  [tokens, { max: 1 }],
  [normalize, { invisible: 'quarantine' }],
  [specialTokens, {}],
  [pii, { action: 'quarantine' }],
  [secrets, { action: 'drop' }],
];

test.each(removing)(
  'no row makes $name throw, and it keeps a row as it is or says why not',
  async (policy, settings) => {
    const run = await start(policy, settings);
    fc.assert(
      fc.property(anyRow, (row) => {
        const before = JSON.stringify(row);
        const decision = run.apply(row);
        expect(JSON.stringify(row)).toBe(before);
        expect(decision && 'out' in decision ? decision.why : 'kept').not.toBe('');
      }),
      { numRuns: 300 },
    );
    expect(() => JSON.stringify(run.findings?.())).not.toThrow();
  },
);

const changing: [Policy<never>, Record<string, unknown>][] = [
  [normalize, { invisible: 'remove' }],
  [normalize, { invisible: 'remove', unicode: 'NFKC' }],
  [specialTokens, { action: 'escape', tokens: ['aa', '###'] }],
  [pii, { action: 'redact' }],
  [secrets, { action: 'redact' }],
];

test.each(changing)('whatever $name changes in a row: the second time it finds nothing', async (policy, settings) => {
  const run = await start(policy, settings);
  fc.assert(
    fc.property(anyRow, (row) => {
      const decision = run.apply(row);
      if (!decision) return;
      expect(decision).toHaveProperty('row');
      const { row: changed } = decision as { row: Row };
      expect(run.apply(changed)).toBeUndefined();
      const { id: _id, promptId: _promptId, source, line, ...content } = changed;
      expect(identify(content, source, line)).toEqual(changed);
      expect(callsOf(changed)).toEqual(callsOf(row));
    }),
    { numRuns: 500 },
  );
});

test('columns as deep as they like are walked', async () => {
  let deep: unknown = 'alice@example.com';
  for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep };
  const row: Row = { id: '0', promptId: '0', source: 0, line: 1, messages: [], columns: { deep } };
  const changed = changeTexts(row, (text) => text.replace('@', ' at '));
  let found: unknown = changed.columns!['deep'];
  while (typeof found === 'object') found = Array.isArray(found) ? found[0] : (found as { a: unknown }).a;
  expect(found).toBe('alice at example.com');
  expect(changeTexts(row, (text) => text)).toBe(row);
});

const start = async (policy: Policy<never>, settings: Record<string, unknown>) =>
  policy.start(POLICIES[policy.name as 'pii'].parse({ policy: policy.name, ...settings }) as never, worldOf());

/** Which tool-call arguments are JSON. */
const callsOf = ({ messages, chosen = [], rejected = [] }: Row): boolean[] =>
  [...messages, ...chosen, ...rejected].flatMap(({ tool_calls = [] }) =>
    tool_calls.map((call) => {
      try {
        JSON.parse(call.function.arguments);
        return true;
      } catch {
        return false;
      }
    }),
  );
