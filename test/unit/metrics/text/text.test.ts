import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpusBleu, sentenceBleu } from '../../../../metrics/text/bleu.ts';
import { charRouge, charRougeMulti } from '../../../../metrics/text/char-rouge.ts';
import { corpusChrf, sentenceChrf } from '../../../../metrics/text/chrf.ts';
import { stem } from '../../../../metrics/text/porter.ts';
import { rouge, rougeMulti } from '../../../../metrics/text/rouge.ts';
import { corpusTer, sentenceTer } from '../../../../metrics/text/ter.ts';

const words = fc.array(fc.constantFrom('the', 'cat', 'sat', 'on', 'a', 'mat', '고양이', '10', '!'), {
  minLength: 4,
  maxLength: 12,
});
const sentence = words.map((list) => list.join(' '));

describe('an answer equal to its reference', () => {
  test('has the best score there is', () => {
    fc.assert(
      fc.property(sentence, (text) => {
        expect(corpusBleu([text], [[text]]).score).toBeCloseTo(100, 9);
        expect(corpusChrf([text], [[text]]).score).toBeCloseTo(100, 9);
        expect(corpusTer([text], [[text]]).score).toBe(0);
        expect(charRouge(text, text).charRougeL.f1).toBe(1);
      }),
    );
  });
});

describe('scores', () => {
  test('stay in their range whatever the texts hold', () => {
    const any = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(any, fc.array(any, { minLength: 1, maxLength: 3 }), (prediction, references) => {
        for (const { score } of [sentenceBleu(prediction, references), sentenceChrf(prediction, references)]) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(100 + 1e-9);
        }
        expect(sentenceTer(prediction, references).score).toBeGreaterThanOrEqual(0);
        const scores = [
          ...Object.values(rougeMulti(prediction, references)),
          ...Object.values(charRougeMulti(prediction, references)),
        ];
        for (const { f1 } of scores) expect(f1 >= 0 && f1 <= 1).toBe(true);
      }),
    );
  });

  test('survive half a surrogate pair', () => {
    const broken = 'caf\u00e9 \ud83d ok';
    expect(sentenceChrf(broken, [broken]).score).toBeCloseTo(100, 9);
    expect(sentenceBleu(broken, [broken], { tokenize: 'char' }).score).toBeCloseTo(100, 9);
  });

  test('need references', () => {
    expect(() => rougeMulti('a', [])).toThrow('ROUGE needs at least one reference');
    expect(() => corpusBleu([], [])).toThrow(RangeError);
    expect(() => corpusBleu(['a'], [[null]])).toThrow(RangeError);
  });
});

describe('ROUGE', () => {
  test('leaves out what is not a to z or 0 to 9; its form over characters does not', () => {
    expect(rouge('환불을 요청합니다', '환불을 요청합니다').rouge1.f1).toBe(0);
    // Tokens: 환 불 을 요 청 against 환 불 요 청.
    expect(charRouge('환불을 요청', '환불 요청')).toEqual({
      charRouge1: { precision: 0.8, recall: 1, f1: (2 * 0.8) / 1.8 },
      charRouge2: { precision: 0.5, recall: 2 / 3, f1: (2 * 0.5 * (2 / 3)) / (0.5 + 2 / 3) },
      charRougeL: { precision: 0.8, recall: 1, f1: (2 * 0.8) / 1.8 },
    });
  });

  test('takes lines for sentences where it sums up', () => {
    // rouge_score: RougeScorer(['rougeL', 'rougeLsum']).score('the cat sat\non the mat', 'on the mat\nthe cat sat')
    const { rougeL, rougeLsum } = rouge('on the mat\nthe cat sat', 'the cat sat\non the mat');
    expect(rougeL.f1).toBeCloseTo(0.5, 12);
    expect(rougeLsum.f1).toBe(1);
  });

  test('refuses two texts whose comparison would take minutes', () => {
    const long = 'word '.repeat(200_000);
    expect(() => rouge(long, long, { types: ['rougeL'] })).toThrow(/shorten them/);
    expect(rouge(long, 'word', { types: ['rougeL'] }).rougeL.recall).toBe(1);
    // One word a line: of 100,000 × 100,000 pairs of lines each has little to compare.
    const lines = 'word\n'.repeat(100_000);
    expect(() => rouge(lines, lines, { types: ['rougeLsum'] })).toThrow(/shorten them/);
    expect(rouge(`${'\n'.repeat(1_000_000)}word`, 'word', { types: ['rougeLsum'] }).rougeLsum.f1).toBe(1);
    expect(charRouge('가'.repeat(200_000), '가'.repeat(200_000), ['charRouge2']).charRouge2.f1).toBe(1);
  });
});

test.each([
  // nltk.stem.porter.PorterStemmer().stem
  ['caresses', 'caress'],
  ['ponies', 'poni'],
  ['dies', 'die'],
  ['tried', 'tri'],
  ['agreed', 'agre'],
  ['hopping', 'hop'],
  ['falling', 'fall'],
  ['filing', 'file'],
  ['happy', 'happi'],
  ['enjoy', 'enjoy'],
  ['relational', 'relat'],
  ['radically', 'radic'],
  ['geology', 'geolog'],
  ['hopefulness', 'hope'],
  ['adoption', 'adopt'],
  ['controll', 'control'],
  ['skies', 'sky'],
  ['yyyy', 'yyyi'],
])('the stem of %s is %s', (word, expected) => {
  expect(stem(word)).toBe(expected);
});
