import { expect, test } from 'vitest';
import { parseName } from '../../../configs/names.ts';

test('a name is read with its version or its alias, and nothing else is a name', () => {
  expect(parseName('support-triage@v3')).toEqual({ name: 'support-triage', version: 3 });
  expect(parseName('support-triage.test@latest')).toEqual({ name: 'support-triage.test', alias: 'latest' });
  for (const text of ['support-triage', 'org/name', 'Name@v1', 'name@', 'name@V1', `sha256:${'0'.repeat(64)}`])
    expect(parseName(text)).toBeUndefined();
});
