import { expect, test } from 'vitest';
import { digestOf, hexOf, namedParts } from '../../../artifacts/canonical.ts';
import { canonicalJson } from '../../../configs/canonical-json.ts';
import { seeded } from '../support/random.ts';

test('keys are sorted at every depth, lists keep their order, nothing is padded', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }, 3], a: { z: null, y: 'ä€' } })).toBe(
    '{"a":{"y":"ä€","z":null},"b":[{"c":2,"d":1},3]}',
  );
});

test('fields without a value are left out', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe(canonicalJson({ b: 1 }));
});

test('a field named __proto__ is a field', () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"b":1}');
});

test('the order in which fields were written never matters', () => {
  const random = seeded(1);
  const value = (depth: number): unknown =>
    depth === 0 || random() < 0.3
      ? Math.floor(random() * 100)
      : random() < 0.3
        ? Array.from({ length: 3 }, () => value(depth - 1))
        : Object.fromEntries(
            Array.from({ length: 6 }, () => [String(Math.floor(random() * 1000).toString(20)), value(depth - 1)]),
          );
  const shuffled = (from: unknown): unknown =>
    Array.isArray(from)
      ? from.map(shuffled)
      : typeof from === 'object' && from !== null
        ? Object.fromEntries(
            Object.entries(from)
              .map(([key, inner]) => [random(), key, shuffled(inner)] as const)
              .toSorted(([x], [y]) => x - y)
              .map(([, key, inner]) => [key, inner]),
          )
        : from;
  for (let i = 0; i < 60; i++) {
    const original = value(4);
    expect(canonicalJson(shuffled(original))).toBe(canonicalJson(original));
    expect(JSON.parse(canonicalJson(original))).toEqual(original);
  }
});

test('a digest is the sha256 of the bytes', () => {
  // printf abc | sha256sum
  const digest = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(digestOf('abc')).toBe(digest);
  expect(digestOf(Buffer.from('abc'))).toBe(digest);
  expect(digestOf('ä')).toBe(digestOf(Buffer.from([0xc3, 0xa4])));
  expect(hexOf(digest)).toBe(digest.slice(7));
});

test('settings become parts that can be compared one by one', () => {
  expect(namedParts('params', { lora: { rank: 8, keys: ['q', 'v'] }, seed: 1, stop: null, none: undefined })).toEqual({
    'params.lora.rank': '8',
    'params.lora.keys': '["q","v"]',
    'params.seed': '1',
    'params.stop': 'null',
  });
  expect(namedParts('version', '2')).toEqual({ version: '"2"' });
  expect(namedParts('nothing', undefined)).toEqual({});
});
