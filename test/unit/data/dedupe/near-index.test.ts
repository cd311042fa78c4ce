import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { NearIndex } from '../../../../data/dedupe/near-index.ts';
import { bandsFor, sketch, SKETCH_SIZE } from '../../../../data/dedupe/sketch.ts';
import { mix } from '../../../../data/dedupe/words.ts';

const sketchOf = (members: number[]): Int32Array => {
  const out = new Int32Array(SKETCH_SIZE);
  sketch(Int32Array.from(members, mix), members.length, out);
  return out;
};

/** Share of values in which two sketches agree. */
const agreement = (a: Int32Array, b: Int32Array): number => a.filter((value, i) => value === b[i]).length / SKETCH_SIZE;

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test.each([6, 60, 600])('sketches of %i members agree as often as the sets are alike', (size) => {
  const pairs = 200;
  let sum = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const start = pair * 10_000;
    // Half of all members in common.
    const a = range(start, start + size);
    const b = range(start + size / 3, start + size + size / 3);
    sum += agreement(sketchOf(a), sketchOf(b));
  }
  expect(sum / pairs).toBeCloseTo(0.5, 1);
});

test('the order of members makes no difference, and no value of a sketch is left empty', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 60 }), (members) => {
      const one = sketchOf(members);
      expect(sketchOf(members.toReversed())).toEqual(one);
      expect(one.includes(0x7fffffff)).toBe(false);
    }),
  );
});

test('bands find a pair at the threshold in 98 of 100 cases', () => {
  for (const threshold of [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1]) {
    const { bands, rows } = bandsFor(threshold);
    expect(bands * rows).toBeLessThanOrEqual(SKETCH_SIZE);
    expect(1 - (1 - threshold ** rows) ** bands).toBeGreaterThanOrEqual(0.98);
  }
});

const say = (from: number, to: number): string =>
  range(from, to)
    .map((n) => `w${n}`)
    .join(' ');

test('the similarity is the true one, and the first row stays', () => {
  const index = new NearIndex(0.7, 5);
  expect(index.add([say(0, 104)], 1)).toBeUndefined();
  // 100 shingles each, 90 in common.
  expect(index.add([say(10, 114)], 2)).toEqual({ place: 1, similarity: 90 / 110 });
  // Like the second row, which was not kept, but not enough like the first: 70 in common.
  expect(index.add([say(30, 134)], 3)).toBeUndefined();
  expect(index.held.rows).toBe(2);
});

test('texts shorter than a shingle are compared whole, and empty ones not at all', () => {
  const index = new NearIndex(0.8, 5);
  expect(index.add(['Good morning'], 1)).toBeUndefined();
  expect(index.add(['good morning!'], 2)).toEqual({ place: 1, similarity: 1 });
  expect(index.add(['good evening'], 3)).toBeUndefined();
  for (const texts of [[], [''], ['  \n'], ['?!'], ['']]) expect(index.add(texts, 4)).toBeUndefined();
  expect(index.held.rows).toBe(2);
});

test('long texts are compared by a sample, right to about a hundredth', () => {
  const index = new NearIndex(0.5, 5);
  expect(index.add([say(0, 30_000)], 1)).toBeUndefined();
  const near = index.add([say(3000, 36_000)], 2);
  expect(near?.similarity).toBeCloseTo(27_000 / 36_000, 1);
  expect(index.held.bytes).toBeLessThan(2_000_000);
});

test('every pair above the threshold is found, and none below it, among thousands', () => {
  const index = new NearIndex(0.7, 5);
  let at = 0;
  const expected: boolean[] = [];
  const found: boolean[] = [];
  for (let i = 0; i < 2000; i += 1) {
    const words = range(i * 1000, i * 1000 + 20 + (i % 90)).map((n) => `w${mix(n) >>> 0}`);
    index.add([words.join(' ')], (at += 1));
    const edited = words.map((word, n) => (n % 25 === 3 && n < (i % 7) * 25 ? 'changed' : word));
    const sets = [words, edited].map(
      (list) => new Set(range(0, list.length - 4).map((n) => list.slice(n, n + 5).join(' '))),
    );
    const [a, b] = sets as [Set<string>, Set<string>];
    const shared = [...a].filter((shingle) => b.has(shingle)).length;
    expected.push(shared / (a.size + b.size - shared) >= 0.7);
    found.push(index.add([edited.join(' ')], (at += 1)) !== undefined);
  }
  const pairs = expected.filter(Boolean).length;
  expect(pairs).toBeGreaterThan(500);
  expect(expected.length - pairs).toBeGreaterThan(200);
  expect(found.filter((is, i) => is && !expected[i])).toHaveLength(0);
  expect(found.filter((is, i) => is && expected[i]).length / pairs).toBeGreaterThan(0.99);
});

test('rows of one template do not make every row be held against all, and it is said', () => {
  const index = new NearIndex(0.95, 5);
  for (let i = 0; i < 300; i += 1)
    expect(index.add([`${say(0, 60)} ${say(1000 + i * 10, 1008 + i * 10)}`], i + 1)).toBeUndefined();
  expect(index.held.crowded).toBeGreaterThan(0);
});
