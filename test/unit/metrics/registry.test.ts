import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../configs/metric-names.ts';
import type { MetricItem, Score } from '../../../metrics/metric.ts';
import { metricNames, MetricSpecError, parseMetric } from '../../../metrics/registry.ts';

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

  test('needs items', async () => {
    await expect(scored('bleu', [])).rejects.toThrow(RangeError);
    await expect(scored('exactMatch', [])).rejects.toThrow(RangeError);
  });
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
