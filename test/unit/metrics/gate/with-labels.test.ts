import { describe, expect, test } from 'vitest';
import type { GateDecision } from '../../../../metrics/gate/decision.ts';
import { decideWithLabels, estimateWithLabels, type LabelEvidence } from '../../../../metrics/gate/with-labels.ts';

/** mulberry32: the same numbers every time. */
function chance(seed: number): () => number {
  let s = seed;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const pairs = (count: number, label: number | null, judge: number) => repeat(count, { label, judge });

const evidence = (changed: Partial<LabelEvidence> = {}): LabelEvidence => ({
  labelled: [...pairs(30, 1, 1), ...pairs(10, 0, 1), ...pairs(10, 0, 0)],
  unlabelled: [...repeat(80, 1), ...repeat(20, 0)],
  known: repeat(50, 0.5),
  raters: 1,
  ...changed,
});

const decided = (changed: Partial<GateDecision> = {}): GateDecision => ({
  verdict: 'inconclusive',
  n: 200,
  gain: 0,
  lower: -1,
  upper: 1,
  alpha: 0.05,
  confidence: 0.95,
  look: 1,
  minGain: 0,
  better: 0,
  worse: 0,
  equal: 0,
  unmeasured: 0,
  minimumDetectableEffect: null,
  mcnemarP: null,
  method: 'paired t',
  primaries: [],
  guards: [],
  floors: [],
  slices: [],
  flips: [],
  reasons: ['The test set has been used up.', 'more'],
  ...changed,
});
const rule = { minGain: 0, maxUnmeasured: 0.05 };

describe('the gain by labels', () => {
  test('corrects a judge that is too kind, over all rows', () => {
    const found = estimateWithLabels(evidence(), 0.05);
    expect(found).toMatchObject({
      labels: 50,
      better: 30,
      worse: 20,
      same: 0,
      rows: 200,
      differing: 150,
      exactP: null,
    });
    // The judge: 120 of 150 for the candidate; people: 30 of 50; known rows are ties.
    expect(found.judgeGain).toBeCloseTo((2 * (120 / 150) - 1) * 0.75, 10);
    expect(found.peopleGain).toBeCloseTo(0.2 * 0.75, 10);
    expect(found.gain).toBeGreaterThan(found.lower);
    expect(found.gain).toBeLessThan(found.judgeGain);
    expect(found.upper).toBeGreaterThan(found.gain);
  });

  test('of people alone is their mean, when the judge says nothing', () => {
    const labelled = [...pairs(15, 1, 0.5), ...pairs(5, 0, 0.5)];
    const found = estimateWithLabels({ labelled, unlabelled: repeat(30, 0.5), known: [], raters: 1 }, 0.05);
    expect(found).toMatchObject({ lambda: 0, gain: 0.5, peopleGain: 0.5, judgeGain: 0 });
  });

  test('counts pairs that nobody could say anything of against what has to be proved', () => {
    const whole = estimateWithLabels(evidence(), 0.05);
    const some = estimateWithLabels(evidence({ labelled: [...evidence().labelled, ...pairs(5, null, 1)] }), 0.05);
    expect(some.skipped).toBe(5);
    expect(some.lower).toBeLessThan(whole.lower);
    expect(some.upper).toBeGreaterThan(whole.upper - 0.02);
  });

  test('needs two labels, and values from 0 to 1', () => {
    expect(() => estimateWithLabels(evidence({ labelled: pairs(1, 1, 1) }), 0.05)).toThrow(
      'needs 2 or more of them, found 1',
    );
    expect(() => estimateWithLabels(evidence({ known: [2] }), 0.05)).toThrow('from 0 to 1, found 2');
  });

  test('is proved by chance in no more than alpha of cases, with good and kind judges', () => {
    const random = chance(7);
    for (const [labels, rows, accuracy, ties] of [
      [50, 500, 0.95, 0.1],
      [50, 300, 0.8, 0.3],
      [30, 60, 0.5, 0],
    ] as const) {
      let lucky = 0;
      const times = 1000;
      for (let run = 0; run < times; run += 1) {
        const all = Array.from({ length: rows }, () => {
          const u = random();
          const label = u < ties ? 0.5 : u < ties + (1 - ties) / 2 ? 1 : 0;
          return { label, judge: random() < accuracy ? label : random() < 0.7 ? 1 : 0 };
        });
        const found = estimateWithLabels(
          {
            labelled: all.slice(0, labels),
            unlabelled: all.slice(labels).map(({ judge }) => judge),
            known: [],
            raters: 1,
          },
          0.05,
        );
        if (found.lower > 0) lucky += 1;
      }
      expect(lucky / times).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / times));
    }
  });
});

describe('the decision', () => {
  test('promotes what people prefer, and says what judge and people see', () => {
    const labelled = [...pairs(40, 1, 1), ...pairs(10, 0, 0)];
    const found = decideWithLabels(decided(), evidence({ labelled }), rule);
    expect(found.verdict).toBe('promote');
    expect(found.method).toBe('prediction-powered mean of 50 labels');
    expect(found.reasons.slice(0, 3).join('\n')).toMatchInlineSnapshot(`
      "One person compared 50 pairs of the 150 of 200 rows whose answers differ: the candidate is better on 40, worse on 10, the same on 0.
      The judge alone sees a mean gain of +0.4500; corrected by what people say it is +0.4500.
      With 95 % confidence the true gain is above +0.3238, more than the 0 asked for."
    `);
  });

  test('rejects what people find worse, however much the judge likes it', () => {
    const labelled = [...pairs(4, 1, 1), ...pairs(46, 0, 1)];
    expect(decideWithLabels(decided(), evidence({ labelled, unlabelled: repeat(100, 1) }), rule).verdict).toBe(
      'reject',
    );
  });

  test('does not promote on a few labels that take a side', () => {
    const labelled = [...pairs(3, 1, 1), ...pairs(47, 0.5, 0.5)];
    const found = decideWithLabels(decided(), evidence({ labelled, unlabelled: repeat(100, 0.5), known: [] }), rule);
    expect([found.verdict, found.labels.exactP]).toEqual(['inconclusive', 0.125]);
  });

  test('does not promote what a guard does not hold, what people mostly passed over, or on a set that is used up', () => {
    const labelled = [...pairs(45, 1, 1), ...pairs(5, 0, 0)];
    const guard = (outcome: 'failed' | 'not proved') =>
      ({
        metric: 'm',
        margin: 0,
        gain: 0,
        bound: 0,
        n: 1,
        outcome,
        words: `m is ${outcome}`,
      }) as GateDecision['guards'][number];
    const verdict = (changed: Partial<GateDecision>, more: LabelEvidence['labelled'] = []): string =>
      decideWithLabels(decided(changed), evidence({ labelled: [...labelled, ...more] }), rule).verdict;
    expect(verdict({})).toBe('promote');
    expect(verdict({ guards: [guard('failed')] })).toBe('reject');
    expect(verdict({ guards: [guard('not proved')] })).toBe('inconclusive');
    expect(verdict({}, pairs(4, null, 1))).toBe('inconclusive');
    expect(verdict({ alpha: 0 })).toBe('inconclusive');
  });
});
