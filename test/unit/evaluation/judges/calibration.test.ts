import { describe, expect, test } from 'vitest';
import { cohenKappa } from '../../../../metrics/agreement/cohen-kappa.ts';
import { kappaOf } from '../../../../evaluation/judges/agreement.ts';
import {
  calibrate,
  calibrationState,
  scaleOf,
  type CalibrationInput,
  type CalibrationItem,
} from '../../../../evaluation/judges/calibration.ts';
import { judgeOf } from './support.ts';

const LEVELS = [0, 0.25, 0.5, 0.75, 1];
const scale = scaleOf(judgeOf({ kind: 'pointwise', rubric: 'good?' }));

/** 60 items on all levels; the judge says what people say unless told otherwise. */
const items = (
  judge: (people: number, i: number) => number | null,
  more: (i: number) => Partial<CalibrationItem> = () => ({}),
) =>
  Array.from({ length: 60 }, (_, i): CalibrationItem => {
    const value = LEVELS[i % 5]!;
    return { id: String(i), labels: [{ rater: 'ann', value }], judge: judge(value, i), ...more(i) };
  });

const input = (all: CalibrationItem[], changed: Partial<CalibrationInput> = {}): CalibrationInput => ({
  judge: 'sha256:a',
  scale,
  items: all,
  unlabelled: [],
  made: new Date('2026-01-01T00:00:00Z'),
  expiresInDays: 30,
  ...changed,
});
const kinder = (people: number, i: number): number => (i % 3 === 0 ? Math.min(1, people + 0.25) : people);

test('a judge that says what people say passes, until it expires', () => {
  const calibration = calibrate(input(items((people) => people)));
  expect(calibration).toMatchObject({
    passed: true,
    reasons: [],
    n: 60,
    raters: 1,
    kappa: { value: 1, n: 60 },
    alpha: 1,
    alphaOfPeople: null,
    agreement: { value: 1, n: 60 },
    bias: { value: 0 },
    expires: '2026-01-31T00:00:00.000Z',
  });
  const state = (judge: string, day: string): string => calibrationState(calibration, judge, new Date(day));
  expect(state('sha256:a', '2026-01-30')).toBe('valid');
  expect(state('sha256:a', '2026-02-01')).toBe('expired');
  expect(state('sha256:b', '2026-01-30')).toBe('none');
  expect(calibrationState(undefined, 'sha256:a', new Date())).toBe('none');
});

test('one that has little to do with what people say does not', () => {
  const calibration = calibrate(input(items((_, i) => LEVELS[(i * 7 + (i >> 2)) % 5]!)));
  expect(calibration.passed).toBe(false);
  expect(calibration.reasons).toEqual([
    expect.stringMatching(/^kappa with people is -?0\.\d\d, at least 0\.4 is needed$/),
  ]);
  expect(calibrationState(calibration, 'sha256:a', new Date('2026-01-02'))).toBe('failed');
});

test('too few items, one answer for all and too many without a verdict are reasons', () => {
  expect(calibrate(input(items((people) => people).slice(0, 10))).reasons).toEqual([
    '10 items have labels and a verdict, at least 30 are needed',
  ]);
  expect(calibrate(input(items((people, i) => (i < 6 ? null : people)))).reasons).toEqual([
    '6 of 60 labelled items have no verdict, at most 5 % may lack one',
  ]);
  const same = items(() => 1).map((item) => ({ ...item, labels: [{ rater: 'ann', value: 1 }] }));
  expect(calibrate(input(same))).toMatchObject({
    kappa: null,
    alpha: null,
    reasons: ['kappa is not defined: people and judge never said more than one thing'],
  });
  expect(calibrate(input([]))).toMatchObject({ passed: false, n: 0, bias: null, agreement: null, corrected: null });
});

describe('kappa', () => {
  test('with weights equals that of the metrics when every level is used', () => {
    const people = Array.from({ length: 50 }, (_, i) => (i * 3) % 5);
    const judge = people.map((place, i) => (i % 4 === 0 ? Math.min(4, place + 1) : place));
    expect(kappaOf(people, judge, 'quadratic')?.value).toBeCloseTo(
      cohenKappa(people, judge, { weights: 'quadratic' }),
      12,
    );
    expect(kappaOf(people, judge, 'none')?.value).toBe(cohenKappa(people, judge));
  });

  test('keeps the distance of levels that nobody used', () => {
    const people = [0, 0, 4, 4, 1, 4];
    const judge = [0, 1, 4, 4, 0, 1];
    expect(kappaOf(people, judge, 'quadratic')?.value).toBeLessThan(1);
    expect(kappaOf(people, judge, 'quadratic')?.value).not.toBeCloseTo(
      cohenKappa(people, judge, { weights: 'quadratic' }),
      3,
    );
  });

  test('has an interval around it', () => {
    const people = Array.from({ length: 50 }, (_, i) => i % 5);
    const kappa = kappaOf(
      people,
      people.map((place, i) => (i % 4 === 0 ? 4 - place : place)),
      'quadratic',
    )!;
    expect(kappa.ci[0]).toBeLessThan(kappa.value);
    expect(kappa.ci[1]).toBeGreaterThan(kappa.value);
  });
});

test('several people count by their median and mean, and agree among themselves by their own alpha', () => {
  const all = items((people) => people).map((item, i): CalibrationItem => {
    const { value } = item.labels[0]!;
    const bob = i % 10 === 0 ? 1 - value : value;
    return { ...item, labels: [...item.labels, { rater: 'bob', value: bob }, { rater: 'cy', value }] };
  });
  const { raters, kappa, alphaOfPeople, alpha } = calibrate(input(all));
  expect(raters).toBe(3);
  expect(kappa?.value).toBe(1);
  expect(alphaOfPeople).toBeLessThan(1);
  expect(alpha).toBeGreaterThan(alphaOfPeople!);
});

test('kindness is found by slice and by length', () => {
  const all = items(
    (people, i) => (i % 2 === 0 ? Math.min(1, people + 0.25) : people),
    (i) => ({ slices: [i % 2 === 0 ? 'lang=ko' : 'lang=en'], length: i % 2 === 0 ? 500 + i : 100 + i }),
  );
  const { slices, length, bias } = calibrate(input(all));
  expect(slices['lang=en']).toMatchObject({ value: 0, n: 30 });
  expect(slices['lang=ko']?.value).toBeCloseTo(0.2, 12);
  expect(length?.shorter?.value).toBe(0);
  expect(length?.longer?.value).toBeCloseTo(0.2, 12);
  expect(length?.correlation).toBeGreaterThan(0.7);
  expect(bias?.value).toBeCloseTo(0.1, 12);
});

test('preference for its own family is what it adds for its own beyond others', () => {
  const own = (i: number): boolean => i % 2 === 0;
  const all = items(
    (people, i) => Math.min(1, people + (own(i) ? 0.25 : 0)),
    (i) => ({ family: own(i) ? 'qwen' : 'llama' }),
  );
  const { selfPreference } = calibrate(input(all, { family: 'qwen' }));
  expect(selfPreference?.value).toBeCloseTo(0.2, 12);
  expect(selfPreference?.ci[0]).toBeGreaterThan(0);
  expect(calibrate(input(all)).selfPreference).toBeNull();
});

test('of pairs it is the lean towards its own side', () => {
  const pairs = Array.from({ length: 40 }, (_, i): CalibrationItem => {
    const isOurs = i % 2 === 0;
    const people = i % 4 < 2 ? 1 : 0;
    const judge = i % 8 === 0 || i % 8 === 5 ? (isOurs ? 1 : 0) : people;
    const sides = isOurs ? { family: 'qwen', opponent: 'llama' } : { family: 'llama', opponent: 'qwen' };
    return { id: String(i), labels: [{ rater: 'ann', value: people }], judge: i === 2 ? 1 : judge, ...sides };
  });
  const { selfPreference, weights } = calibrate(
    input(pairs, { family: 'qwen', scale: scaleOf(judgeOf({ kind: 'pairwise', criteria: 'summarization' })) }),
  );
  expect(weights).toBe('none');
  expect(selfPreference?.n).toBe(40);
  expect(selfPreference?.value).toBeGreaterThanOrEqual(0);
});

test('few labels and many verdicts give what people would say on average, a missing verdict counting as 0', () => {
  const { corrected } = calibrate(
    input(items(kinder), { unlabelled: [...Array.from({ length: 500 }, (_, i) => kinder(LEVELS[i % 5]!, i)), null] }),
  );
  expect(corrected).toMatchObject({ n: 60, unlabelled: 501 });
  expect(corrected!.estimate).toBeGreaterThan(0.45);
  expect(corrected!.estimate).toBeLessThan(0.55);
  expect(corrected!.ci[1] - corrected!.ci[0]).toBeLessThan(0.15);
});

test('values outside 0 to 1 and items without labels are refused', () => {
  const [one] = items((people) => people);
  expect(() => calibrate(input([{ ...one!, labels: [] }]))).toThrow('the item 0 has no label');
  expect(() => calibrate(input([{ ...one!, judge: 5 }]))).toThrow('the verdict on item 0 must be from 0 to 1, got 5');
  expect(() => calibrate(input([one!], { unlabelled: [Number.NaN] }))).toThrow('must be from 0 to 1, got NaN');
});
