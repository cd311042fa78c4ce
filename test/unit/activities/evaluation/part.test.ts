import { expect, test } from 'vitest';
import { partOf } from '../../../../activities/evaluation/part.ts';

const ids = Array.from({ length: 400 }, (_, i) => `row ${i}`);

test('a row of a set that grows stays in its part, whatever comes', () => {
  const kept = { from: 0.7, to: 1, grows: true } as const;
  const before = partOf(ids.slice(0, 200), kept);
  const after = partOf(ids, kept);
  expect([...before].every((id) => after.has(id))).toBe(true);
  expect(ids.slice(0, 200).filter((id) => after.has(id))).toEqual([...before]);
  expect(after.size).toBeGreaterThan(80);
  expect(after.size).toBeLessThan(160);
  const rest = partOf(ids, { from: 0, to: 0.7, grows: true });
  expect(rest.size + after.size).toBe(ids.length);
});
