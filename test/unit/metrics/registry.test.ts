import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../configs/metric-names.ts';
import type { MetricItem, Score } from '../../../metrics/metric.ts';
import { classificationScores } from '../../../metrics/classification/scores.ts';
import { lastNumber } from '../../../metrics/numeric.ts';
import { labelScores } from '../../../metrics/specs/label-scores.ts';
import { metricNames, MetricSpecError, parseMetric } from '../../../metrics/registry.ts';
import { processorTime } from '../../support/stopwatch.ts';

/** The scores of some items, and their summary. */
async function scored(spec: string, items: MetricItem[], schemas?: Record<string, unknown>) {
  const metric = parseMetric(spec, schemas ? { schemas } : {});
  const scores: Score[] = [];
  for (const item of items) scores.push(await metric.score(item));
  return { scores: scores.map(({ value }) => value), summary: metric.summary(items, scores), metric };
}

const item = (prediction: string | null, ...references: string[]): MetricItem => ({ prediction, references });

test('every metric that a recipe can name is there, and no other', () => {
  expect(metricNames().toSorted()).toEqual(Object.keys(METRICS).toSorted());
});

describe('a spec', () => {
  test.each([
    ['bleau', 'there is no metric "bleau": there are exactMatch'],
    ['bleu:tokenise=intl', 'there is no option "tokenise": the options are tokenize, smooth'],
    ['bleu:tokenize=french', 'tokenize: expected one of'],
    ['bleu:maxOrder=0', 'maxOrder: expected a whole number from 1 to 16, found "0"'],
    ['rougeL:stemmer=yes', 'stemmer: expected true or false, found "yes"'],
    ['rougeL:stemmer', 'expected key=value behind the colon, found "stemmer"'],
    ['bleu:lowercase=true,lowercase=false', 'lowercase is given twice'],
    ['exactMatch:fold=no', 'there is no option "fold"'],
    ['regex', 'missing: expected pattern'],
    ['regex:pattern=(', 'Invalid regular expression'],
    ['jsonSchema:file=a.json', 'the schema a.json was not given'],
    ['__proto__', 'there is no metric "__proto__"'],
  ])('%s is refused in words', (spec, message) => {
    expect(() => parseMetric(spec)).toThrow(MetricSpecError);
    expect(() => parseMetric(spec)).toThrow(message);
  });

  test('takes commas of a value percent-encoded', async () => {
    const { scores } = await scored('regex:pattern=^a{1%2C2}$', [item('aa'), item('aaa')]);
    expect(scores).toEqual([1, 0]);
  });
});

describe('a summary', () => {
  test('counts what was submitted, and what is not measured as the worst', async () => {
    const { scores, summary } = await scored('exactMatch', [item('a', 'A '), item('b'), item(null, 'c')]);
    expect(scores).toEqual([1, null, 0]);
    expect(summary).toMatchObject({ value: 1 / 3, n: 3, unmeasured: 1 });
  });

  test("of BLEU pools the items and is signed as sacrebleu's", async () => {
    // BLEU(tokenize='intl').corpus_score(['the cat sat on the mat', 'a b c d e'], [['the cat sat on a mat', 'a b c d f']])
    const items = [item('the cat sat on the mat', 'the cat sat on a mat'), item('a b c d e', 'a b c d f')];
    const { summary } = await scored('bleu:tokenize=intl', items);
    expect(summary.value).toBeCloseTo(59.421707464688346, 6);
    expect(summary.signature).toBe('nrefs:1|case:mixed|eff:no|tok:intl|smooth:exp|version:2.6.0');
    const [low, high] = summary.ci;
    expect(low).toBeLessThanOrEqual(summary.value);
    expect(high).toBeGreaterThanOrEqual(summary.value);
    expect(await scored('bleu:tokenize=intl', items)).toMatchObject({ summary: { ci: [low, high] } });
  });

  test('of F1 is over the labels, and the items say which label is right', async () => {
    const items = [item('a', 'a'), item('b', 'a'), item('b', 'b'), item(null, 'b')];
    const { scores, summary } = await scored('f1:average=macro', items);
    expect(scores).toEqual([1, 0, 1, 0]);
    // sklearn f1_score(['a','a','b','b'], ['a','b','b','?'], average='macro', zero_division=0): labels a, b, ?
    expect(summary.value).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12);
  });

  test.each([
    ['bleu', 0],
    ['chrf', 0],
    ['ter', 100],
    ['f1', 0],
    ['mcc', -1],
    ['accuracy', 0],
    ['ece', 1],
    ['brier', 1],
  ])('of %s gives a row that was not measured the worst value', async (spec, worst) => {
    const row = { confidence: 0.75 };
    const measured = ['a b c d e', 'f g h i j', 'a b c d e', 'k l m n o'].map((text, i) => ({
      prediction: text,
      references: [i === 3 ? 'k l m n p' : text],
      row,
    }));
    const without = await scored(spec, measured);
    const withOne = await scored(spec, [...measured, { prediction: '', references: [], row }]);
    expect(withOne.summary).toMatchObject({ n: 5, unmeasured: 1, signature: without.summary.signature });
    expect(withOne.summary.value).toBeCloseTo((4 * without.summary.value + worst) / 5, 10);
  });

  test.each([
    ['exactMatch', 0],
    ['bleu', 0],
    ['ter', 100],
    ['accuracy', 0],
    ['brier', 1],
    ['ece', 1],
    ['tool_call_valid', 0],
  ])('of %s scores an answer that did not come as the worst', async (spec, worst) => {
    const { scores, summary } = await scored(spec, [{ prediction: null, references: [''], row: { confidence: 0.2 } }]);
    expect(scores).toEqual([worst]);
    expect(summary).toMatchObject({ n: 1, unmeasured: 0 });
  });

  test.each(['bleu', 'mcc', 'ece', 'ter'])('of %s over equal rows does not claim to be certain', async (spec) => {
    const right = { prediction: 'a b c d', references: ['a b c d'], row: { confidence: 1 } };
    const { summary } = await scored(spec, [right, right, right]);
    const [low, high] = summary.ci;
    expect(high - low).toBeGreaterThan(0.5);
  });

  test('of labels takes seconds though every answer is a label of its own', async () => {
    const items = Array.from({ length: 3000 }, (_, i) => item(`sentence ${i}`, i % 2 === 0 ? 'a' : 'b'));
    const spent = processorTime();
    const { summary } = await scored('f1', items);
    expect(summary.value).toBe(0);
    expect(spent()).toBeLessThan(4000);
  });

  test('needs items', async () => {
    await expect(scored('bleu', [])).rejects.toThrow(RangeError);
    await expect(scored('exactMatch', [])).rejects.toThrow(RangeError);
  });
});

test('scores of labels are those of classificationScores', () => {
  const label = constantFrom('a', 'b', 'c', '', '__proto__');
  assert(
    property(array(record({ truth: label, predicted: label }), { minLength: 1, maxLength: 12 }), (pairs) => {
      const { perLabel: _each, ...expected } = classificationScores(
        pairs.map(({ truth }) => truth),
        pairs.map(({ predicted }) => predicted),
      );
      const found = labelScores(pairs);
      const flat = (scores: object): number[] =>
        Object.entries(scores)
          .toSorted(([x], [y]) => (x < y ? -1 : 1))
          .flatMap(([, value]) => (typeof value === 'number' ? [value] : flat(value as object)));
      for (const [i, value] of flat(expected).entries()) expect(flat(found)[i]).toBeCloseTo(value, 12);
    }),
    { seed: 8, numRuns: 300 },
  );
});

describe('forms of answers', () => {
  test('numbers are compared by the last one, within a tolerance', async () => {
    const items = [
      item('It is 1,234.5 in all', '1234.5'),
      item('\u22125', '-5'),
      item('12%', '0.12'),
      item('about 101', '100'),
      item('none', '3'),
      item('3', 'none'),
    ];
    expect((await scored('numeric', items)).scores).toEqual([1, 1, 1, 0, 0, null]);
    expect((await scored('numeric:relative=0.01', items)).scores[3]).toBe(1);
  });

  test.each([
    ['合計は42です', 42],
    ['답은 -5입니다', -5],
    ['1\u202f234\u00a0567', 1_234_567],
    ['rooms 3 500', 500],
    ['1,2,3', 3],
    ["1'000 francs", 1000],
    ['10\u00b2', 10],
    ['\uff11\uff12\uff05', 0.12],
    ['.5', 0.5],
    ['1.5e3', 1500],
    ['10-5', 5],
    ['x2', undefined],
    ['v1.2.3', undefined],
    ['', undefined],
  ])('the last number of %j is %j', (text, number) => {
    expect(lastNumber(text)).toBe(number);
  });

  test('edits are counted in code points, and not at all in texts of more than 20,000', async () => {
    expect((await scored('editSimilarity', [item('a😀', 'a😁'), item('', '')])).scores).toEqual([0.5, 1]);
    const long = '😀'.repeat(20_000);
    expect((await scored('editSimilarity', [item(long, long), item(`${long}a`, 'a')])).scores).toEqual([1, null]);
  });

  test('schemas of draft 07 are read as such, and what is none is refused', async () => {
    const draft = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { pair: { items: [{ type: 'string' }, { type: 'number' }], additionalItems: false } },
    };
    const items = [item('{"pair":["a",1]}'), item('{"pair":["a","b"]}')];
    expect((await scored('jsonSchema:file=s', items, { s: draft })).scores).toEqual([1, 0]);
    for (const s of [3, null, { type: 'nope' }, { $async: true }, { $ref: 'http://example.invalid/a.json' }])
      expect(() => parseMetric('jsonSchema:file=s', { schemas: { s } })).toThrow(MetricSpecError);
  });

  test('JSON is one value that keeps to the schema, and nothing besides', async () => {
    const schemas = { s: { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } } };
    const answers = [
      '{"a":1}',
      '{"a":"x"}',
      'Here: {"a":1}',
      '{"a":1}{"a":2}',
      '```json\n{"a":1}\n```',
      '['.repeat(5000),
    ];
    expect(
      (
        await scored(
          'jsonSchema:file=s',
          answers.map((answer) => item(answer)),
          schemas,
        )
      ).scores,
    ).toEqual([1, 0, 0, 0, 0, 0]);
    expect((await scored('jsonSchema:file=s,fence=true', [item(answers[4] as string)], schemas)).scores).toEqual([1]);
  });

  test('an answer too long for a pattern is not measured', async () => {
    const { summary } = await scored('regex:pattern=a+$', [item('a'.repeat(200_000)), item('a')]);
    expect(summary).toMatchObject({ n: 2, unmeasured: 1, value: 0.5 });
  });

  test('tool calls match by name and by parameter, whatever the order of keys', async () => {
    const call = (args: object): string =>
      JSON.stringify({ content: '', tool_calls: [{ name: 'find', arguments: args }] });
    const openai = JSON.stringify([
      { type: 'function', function: { name: 'find', arguments: '{"y":{"q":1,"p":2},"x":1}' } },
    ]);
    const reference = call({ x: 1, y: { p: 2, q: 1 } });
    const items = [
      item(openai, reference),
      item(call({ x: 2, y: 3 }), reference),
      item(call({ x: 1 }), reference),
      item('call find', reference),
    ];
    expect((await scored('tool_call_valid', items)).scores).toEqual([1, 1, 1, 0]);
    expect((await scored('tool_name_match', items)).scores).toEqual([1, 1, 1, 0]);
    expect((await scored('tool_parameter_key_match', items)).scores).toEqual([1, 1, 0.5, 0]);
    expect((await scored('tool_parameter_kv_match', items)).scores).toEqual([1, 0, 0.5, 0]);
  });

  test('trajectories match exactly, in order, in any order, and in part', async () => {
    const steps = (...names: string[]): string =>
      JSON.stringify(names.map((name) => ({ tool_name: name, tool_input: { n: 1 } })));
    const items = [steps('a', 'b'), steps('a', 'x', 'b'), steps('b', 'a'), steps('a'), steps('a', 'a'), 'no list'].map(
      (made) => item(made, steps('a', 'b')),
    );
    expect((await scored('trajectory_exact_match', items)).scores).toEqual([1, 0, 0, 0, 0, 0]);
    expect((await scored('trajectory_in_order_match', items)).scores).toEqual([1, 1, 0, 0, 0, 0]);
    expect((await scored('trajectory_any_order_match', items)).scores).toEqual([1, 1, 1, 0, 0, 0]);
    expect((await scored('trajectory_precision', items)).scores).toEqual([1, 2 / 3, 1, 1, 0.5, 0]);
    expect((await scored('trajectory_recall', items)).scores).toEqual([1, 1, 1, 0.5, 0.5, 0]);
    expect((await scored('trajectory_single_tool_use:tool=x', items)).scores).toEqual([0, 1, 0, 0, 0, 0]);
  });
});
