import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { deployedId, idOf, isAlias } from '../../../../adapters/google/ids.ts';

test('an id that fits stays as it is; any other becomes one, and no two become the same', () => {
  expect(idOf('support-triage-1a2b')).toBe('support-triage-1a2b');
  expect(idOf('support.triage')).toMatch(/^support-triage-[0-9a-f]{8}$/);
  expect(idOf('support.triage')).not.toBe(idOf('support_triage'));
  assert(
    property(string({ minLength: 1, maxLength: 300 }), string({ minLength: 1, maxLength: 300 }), (a, b) => {
      expect(idOf(a, 60)).toMatch(/^[a-z0-9-]{1,60}$/);
      expect(idOf(a, 60) === idOf(b, 60)).toBe(a === b);
    }),
  );
});

test('a deployed model has ten digits, without a zero in front', () => {
  assert(
    property(string(), (text) => {
      expect(deployedId(digestOf(text))).toMatch(/^[1-9]\d{9}$/);
    }),
  );
});

test('aliases are those that the registry takes', () => {
  expect(['v7', 'champion', 'a-1'].every(isAlias)).toBe(true);
  expect(['x', 'ab-', 'V7', '7v', 'a_b', 'a'.repeat(129)].some(isAlias)).toBe(false);
});
