import { describe, expect, test } from 'vitest';
import { decide, type GateDecision } from '../../../metrics/gate.ts';
import { seeded } from '../support/random.ts';

const times = (count: number, score: number): number[] => Array(count).fill(score) as number[];

/** A gate on 0/1 scores: so many items better, worse, right on both sides. */
function binary(better: number, worse: number, equal: number, minGain = 0, confidence = 0.95): GateDecision {
  return decide({
    candidate: [...times(better, 1), ...times(worse, 0), ...times(equal, 1)],
    champion: [...times(better, 0), ...times(worse, 1), ...times(equal, 1)],
    minGain,
    confidence,
  });
}

/** A gate on differences of scores. */
function onDifferences(differences: number[], minGain = 0): GateDecision {
  return decide({ candidate: differences, champion: times(differences.length, 0), minGain, confidence: 0.95 });
}

const asRead = (decision: GateDecision): string => [decision.verdict, ...decision.reasons].join('\n');

describe('the verdict', () => {
  test('is promote when the gain is proved', () => {
    expect(asRead(binary(30, 12, 158))).toMatchInlineSnapshot(`
      "promote
      Of 200 test items the candidate is better on 30, worse on 12, equal on 158: mean gain +0.0900.
      With 95 % confidence the true gain is above +0.0374, more than the 0 asked for.
      A true gain of +0.0795 or more would have been found with 80 % probability."
    `);
  });

  test('is reject when it is proved that there is no gain', () => {
    expect(asRead(binary(12, 30, 158))).toMatchInlineSnapshot(`
      "reject
      Of 200 test items the candidate is better on 12, worse on 30, equal on 158: mean gain −0.0900.
      With 95 % confidence the true gain is at most −0.0374, not more than the 0 asked for.
      A true gain of +0.0795 or more would have been found with 80 % probability."
    `);
    expect(asRead(binary(20, 20, 960, 0.05))).toMatchInlineSnapshot(`
      "reject
      Of 1000 test items the candidate is better on 20, worse on 20, equal on 960: mean gain +0.0000.
      With 95 % confidence the true gain is at most +0.0104, not more than the 0.05 asked for.
      A true gain of +0.0657 or more would have been found with 80 % probability."
    `);
  });

  test('is inconclusive when neither is proved', () => {
    expect(asRead(binary(16, 12, 172))).toMatchInlineSnapshot(`
      "inconclusive
      Of 200 test items the candidate is better on 16, worse on 12, equal on 172: mean gain +0.0200.
      With 95 % confidence the true gain lies above −0.0238, and with the same confidence below +0.0638: neither side of the 0 asked for is proved.
      Only 28 items differ; the exact McNemar test (p = 0.2858) does not confirm the gain.
      About 2334 test items would be needed to prove a gain of this size.
      A true gain of +0.0683 or more would have been found with 80 % probability."
    `);
    expect(asRead(binary(12, 16, 172))).toMatchInlineSnapshot(`
      "inconclusive
      Of 200 test items the candidate is better on 12, worse on 16, equal on 172: mean gain −0.0200.
      With 95 % confidence the true gain lies above −0.0638, and with the same confidence below +0.0238: neither side of the 0 asked for is proved.
      Only 28 items differ; the exact McNemar test (p = 0.8275) does not confirm the gain.
      More test items are needed to prove either.
      A true gain of +0.0683 or more would have been found with 80 % probability."
    `);
  });

  test('is inconclusive when few items differ and the exact test does not agree', () => {
    expect(binary(7, 2, 31)).toMatchObject({ verdict: 'inconclusive', method: 'paired t and exact McNemar' });
    expect(binary(7, 2, 31).lower).toBeGreaterThan(0);
    expect(asRead(binary(7, 2, 31))).toMatchInlineSnapshot(`
      "inconclusive
      Of 40 test items the candidate is better on 7, worse on 2, equal on 31: mean gain +0.1250.
      With 95 % confidence the true gain lies above +0.0015, and with the same confidence below +0.2485: neither side of the 0 asked for is proved.
      Only 9 items differ; the exact McNemar test (p = 0.0898) does not confirm the gain.
      About 95 test items would be needed to prove a gain of this size.
      A true gain of +0.1924 or more would have been found with 80 % probability."
    `);
  });

  test('asks for more than the gain that is wanted, not for it', () => {
    expect(binary(30, 12, 158, 0.03).verdict).toBe('promote');
    expect(binary(30, 12, 158, 0.04).verdict).toBe('inconclusive');
    expect(binary(30, 12, 158, 0.2).verdict).toBe('reject');
  });

  test('is harder to get at a higher confidence', () => {
    expect(binary(20, 8, 172, 0, 0.95).verdict).toBe('promote');
    expect(binary(20, 8, 172, 0, 0.995).verdict).toBe('inconclusive');
  });
});

describe('the numbers', () => {
  // scipy 1.17.1, statsmodels 0.15.0, with d = candidate - champion:
  // lower = DescrStatsW(d).tconfint_mean(alpha=0.05, alternative='larger')[0]
  // upper = DescrStatsW(d).tconfint_mean(alpha=0.05, alternative='smaller')[1]
  // p = binomtest(better, better + worse, 0.5, alternative='greater').pvalue
  test('of 0/1 scores are those of scipy and statsmodels', () => {
    const many = binary(30, 12, 158);
    expect(many).toMatchObject({ n: 200, better: 30, worse: 12, equal: 158, method: 'paired t' });
    expect(many.gain).toBeCloseTo(0.09, 12);
    expect(many.lower).toBeCloseTo(0.037362485430307464, 9);
    expect(many.upper).toBeCloseTo(0.14263751456969254, 9);
    expect(many.mcnemarP).toBeCloseTo(0.003957948667448363, 10);
    const few = binary(7, 2, 31);
    expect(few.lower).toBeCloseTo(0.0015480863572683579, 9);
    expect(few.upper).toBeCloseTo(0.24845191364273161, 9);
    expect(few.mcnemarP).toBeCloseTo(0.08984375, 10);
  });

  test('of scores between 0 and 1 are those of scipy and statsmodels', () => {
    const found = onDifferences([0.5, 0.25, 0, 0, -0.25, 0.5, 0.75, 0, 0.1, -0.1]);
    expect(found).toMatchObject({ n: 10, better: 5, worse: 2, equal: 3, method: 'paired t', mcnemarP: null });
    expect(found.gain).toBeCloseTo(0.175, 12);
    expect(found.lower).toBeCloseTo(-0.008438548604286195, 9);
    expect(found.upper).toBeCloseTo(0.35843854860428614, 9);
    // nct.sf(t.ppf(0.95, 9), 9, 0.27008869 / (d.std(ddof=1) / sqrt(10))) = 0.80
    expect(found.minimumDetectableEffect).toBeCloseTo(0.27008869146190856, 9);
  });

  test.each([
    [5, 0, 0.03125],
    [4, 0, 0.0625],
    [0, 3, 1],
    [29, 0, 1.862645149230957e-9],
    [15, 15, 0.572232224047184],
  ])('of the exact test for %i better and %i worse are those of scipy', (better, worse, p) => {
    expect(binary(better, worse, 100).mcnemarP).toBeCloseTo(p, 9);
  });
});

describe('at the edge', () => {
  test('one item proves nothing', () => {
    expect(asRead(binary(1, 0, 0))).toMatchInlineSnapshot(`
      "inconclusive
      Of 1 test items the candidate is better on 1, worse on 0, equal on 0: mean gain +1.0000.
      With 95 % confidence the true gain lies above −0.9000, and with the same confidence below +1.0000: neither side of the 0 asked for is proved.
      More test items are needed to prove either."
    `);
    expect(binary(0, 1, 0).verdict).toBe('inconclusive');
    expect(binary(0, 0, 1)).toMatchObject({ verdict: 'inconclusive', gain: 0 });
  });

  test('equal answers everywhere prove only that the gain is small', () => {
    expect(asRead(binary(0, 0, 200))).toMatchInlineSnapshot(`
      "inconclusive
      Of 200 test items the candidate is better on 0, worse on 0, equal on 200: mean gain +0.0000.
      With 95 % confidence the true gain lies above −0.0149, and with the same confidence below +0.0149: neither side of the 0 asked for is proved.
      More test items are needed to prove either."
    `);
    expect(binary(0, 0, 200, 0.02)).toMatchObject({ verdict: 'reject', method: 'exact bound' });
    // 1 - 0.05 ** (1 / 200): the most that an event has which was not seen in 200 items.
    expect(binary(0, 0, 200).upper).toBeCloseTo(0.014867039231272083, 12);
  });

  test('better everywhere is promoted from the size on at which luck is ruled out', () => {
    // Luck makes a candidate that is no better right on every one of n differing items with probability 0.5 ** n.
    const verdicts = [1, 2, 3, 4, 5, 6].map((n) => binary(n, 0, 0).verdict);
    expect(verdicts).toEqual([...Array(4).fill('inconclusive'), 'promote', 'promote']);
    expect(asRead(binary(20, 0, 0))).toMatchInlineSnapshot(`
      "promote
      Of 20 test items the candidate is better on 20, worse on 0, equal on 0: mean gain +1.0000.
      With 95 % confidence the true gain is above +0.7218, more than the 0 asked for."
    `);
    expect(binary(20, 0, 0).upper).toBe(1);
  });

  test('worse everywhere is rejected from the same size on', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => binary(0, n, 0).verdict)).toEqual([
      ...Array(4).fill('inconclusive'),
      'reject',
      'reject',
    ]);
  });

  test('bounds stay within what scores can have', () => {
    const { lower, upper } = onDifferences([1, -1]);
    expect([lower, upper]).toEqual([-1, 1]);
  });

  test('half confidence asks for no more than a positive gain', () => {
    expect(binary(21, 20, 100, 0, 0.5).lower).toBeCloseTo(1 / 141, 9);
  });

  test('scores without their counterparts are an error', () => {
    const unpaired = (candidate: number[], champion: number[]) => () =>
      decide({ candidate, champion, minGain: 0, confidence: 0.95 });
    expect(unpaired([], [])).toThrow(new RangeError('a gate needs paired scores, got 0 and 0'));
    expect(unpaired([1], [1, 0])).toThrow(new RangeError('a gate needs paired scores, got 1 and 2'));
  });

  test('a verdict never comes without n, both bounds and words', () => {
    for (const decision of [binary(1, 0, 0), binary(0, 0, 5), binary(30, 12, 158), onDifferences([0.3, 0.1, 0.2])]) {
      expect(decision.n).toBeGreaterThan(0);
      expect(decision.lower).toBeLessThanOrEqual(decision.gain);
      expect(decision.upper).toBeGreaterThanOrEqual(decision.gain);
      expect(decision.reasons.length).toBeGreaterThanOrEqual(2);
      expect(decision.reasons.join()).not.toMatch(/NaN|undefined|null|Infinity/);
    }
  });
});

describe('a candidate that is no better', () => {
  const GATES = 2000;
  // 5 %, and three standard errors of a share of 2,000.
  const ALLOWED = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / GATES);

  /** Share of gates that promote when both sides draw their scores alike. */
  function promoted(n: number, draw: (random: () => number) => [candidate: number, champion: number]): number {
    const random = seeded(n);
    let count = 0;
    for (let gate = 0; gate < GATES; gate++) {
      const pairs = Array.from({ length: n }, () => draw(random));
      const [candidate, champion] = [pairs.map(([score]) => score), pairs.map(([, score]) => score)];
      if (decide({ candidate, champion, minGain: 0, confidence: 0.95 }).verdict === 'promote') count += 1;
    }
    return count / GATES;
  }

  /** Both sides right with the same probability; `alike`: how often one answers just as the other. */
  const answers =
    (accuracy: number, alike: number) =>
    (random: () => number): [number, number] => {
      const candidate = random() < accuracy ? 1 : 0;
      const champion = random() < alike ? candidate : random() < accuracy ? 1 : 0;
      return [candidate, champion];
    };

  test.each([
    [200, 0.5, 0],
    [200, 0.9, 0],
    [200, 0.9, 0.8],
    [40, 0.5, 0],
    [40, 0.8, 0.5],
    [40, 0.97, 0],
    [6, 0.5, 0],
    [3, 0.5, 0],
  ])('is promoted in at most one of twenty gates on %i items, right with %f, alike with %f', (n, accuracy, alike) => {
    expect(promoted(n, answers(accuracy, alike))).toBeLessThanOrEqual(ALLOWED);
  });

  test('is promoted as rarely on scores between 0 and 1', () => {
    const score = (random: () => number): number => Math.min(1, Math.max(0, random() * 1.6 - 0.3));
    expect(promoted(40, (random) => [score(random), score(random)])).toBeLessThanOrEqual(ALLOWED);
    expect(promoted(200, (random) => [score(random), score(random)])).toBeLessThanOrEqual(ALLOWED);
  });

  test('while one that is much better nearly always is', () => {
    const better = (random: () => number): [number, number] => [random() < 0.9 ? 1 : 0, random() < 0.7 ? 1 : 0];
    expect(promoted(200, better)).toBeGreaterThan(0.99);
  });

  test('and one that has just the gain that can be found is promoted in about 80 %', () => {
    const gain = (random: () => number): [number, number] => [random() < 0.6 ? 1 : 0, random() < 0.5 ? 1 : 0];
    // Independent answers: variance of a difference 0.6 · 0.4 + 0.5 · 0.5 = 0.49; (1.645 + 0.842)² · 0.49 / 0.1² = 303.
    const found = promoted(303, gain);
    expect(found).toBeGreaterThan(0.77);
    expect(found).toBeLessThan(0.83);
  });
});
