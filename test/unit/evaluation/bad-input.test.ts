import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMetrics } from '../../../activities/evaluation/metrics.ts';
import { scoreBoth, type BothAnswers } from '../../../activities/evaluation/score-both.ts';
import { decideOn } from '../../../activities/gating/decide.ts';
import { openEvidence } from '../../../activities/gating/evidence.ts';
import { createFileStore } from '../../../artifacts/store.ts';
import { Evaluate } from '../../../configs/evaluate.ts';
import { Gate } from '../../../configs/gate.ts';
import { METRICS } from '../../../configs/metric-names.ts';
import type { ScoredItem } from '../../../activities/evaluation/report.ts';
import { GateTally } from '../../../metrics/gate/tally.ts';
import type { MetricItem } from '../../../metrics/metric.ts';
import { scoreFile } from '../../../worker/scoring/score-file.ts';
import { emptyFolder, folderWith } from '../support/folder.ts';

/** Every metric that can be written, with the options that it cannot do without. */
function allSpecs(schema: string): string[] {
  const needed: Record<string, string> = {
    regex: 'regex:pattern=^a+$',
    jsonSchema: `jsonSchema:file=${schema}`,
    trajectory_single_tool_use: 'trajectory_single_tool_use:tool=search',
  };
  return Object.keys(METRICS).map((name) => needed[name] ?? name);
}

/** Scores lines of predictions with every metric. */
async function scoreAll(lines: string) {
  const folder = folderWith({ 'answers.jsonl': lines, 'schema.json': '{"type":"object"}' });
  return scoreFile(join(folder, 'answers.jsonl'), { metrics: allSpecs(join(folder, 'schema.json')) });
}

describe('every metric', () => {
  test('takes rows without references, without an answer, and with nothing in them', async () => {
    const rows = [
      '{"prediction":"a","references":[]}',
      '{"prediction":"a"}',
      '{"prediction":"a","references":[null]}',
      '{"prediction":"","references":[""]}',
      '{"prediction":" \\n\\t","references":["\\u3000"]}',
      '{"prediction":null,"references":["a"]}',
      '{"prediction":null,"references":[]}',
      '{"prediction":"a","references":["a","b",null]}',
    ];
    const { corpus, items } = await scoreAll(rows.join('\n'));
    for (const [spec, { value, n, ci, unmeasured }] of Object.entries(corpus)) {
      expect([spec, n]).toEqual([spec, rows.length]);
      expect([spec, Number.isFinite(value), ci[0] <= value, value <= ci[1]]).toEqual([spec, true, true, true]);
      expect([spec, items.filter((item) => item[spec] === null).length]).toEqual([spec, unmeasured]);
    }
    expect(corpus['exactMatch']).toMatchObject({ unmeasured: 4 });
  });

  test('takes half surrogates, control characters and whatever else is a string', async () => {
    const texts = ['\ud800', 'a\udc00b', '\udc00\ud800', '\0', '\u{1f600}\ud83d', '\u202e\u200f', '\ufeff\uffff'];
    const rows = texts.flatMap((prediction) =>
      texts.map((reference) => JSON.stringify({ prediction, references: [reference] })),
    );
    const { corpus, items } = await scoreAll(rows.join('\n'));
    for (const [spec, { value, ci }] of Object.entries(corpus))
      expect([spec, [value, ...ci].every((one) => Number.isFinite(one))]).toEqual([spec, true]);
    for (const [i, item] of items.entries())
      for (const [spec, score] of Object.entries(item))
        expect([i, spec, score === null || Number.isFinite(score)]).toEqual([i, spec, true]);
    // A text with half a pair is still equal to itself.
    expect(items[0]).toMatchObject({ exactMatch: 1, editSimilarity: 1 });
  });

  test('takes answers that are all of one class, and all wrong', async () => {
    const same = Array.from({ length: 5 }, () => '{"prediction":"a","references":["a"],"confidence":1}');
    const { corpus } = await scoreAll(same.join('\n'));
    expect(corpus).toMatchObject({ accuracy: { value: 1 }, f1: { value: 1 }, balancedAccuracy: { value: 1 } });
    const wrong = Array.from({ length: 5 }, () => '{"prediction":"b","references":["a"],"confidence":1}');
    expect((await scoreAll(wrong.join('\n'))).corpus).toMatchObject({
      accuracy: { value: 0 },
      f1: { value: 0 },
      brier: { value: 1 },
    });
  });

  test('NaN, which is no JSON, is refused with its line', async () => {
    await expect(scoreAll('{"prediction":"a","references":["a"]}\n{"prediction":NaN}')).rejects.toThrow(
      'answers.jsonl:2: is not JSON',
    );
  });
});

const answers = (right: (i: number) => boolean, i: number): MetricItem => ({
  prediction: right(i) ? 'yes' : 'no',
  references: ['yes'],
});

/** Rows that both models answered, each right where it is said. */
const rows = (n: number, candidate: (i: number) => boolean, champion: (i: number) => boolean): BothAnswers[] =>
  Array.from({ length: n }, (_, i) => ({
    id: String(i),
    slices: [],
    items: { candidate: answers(candidate, i), champion: answers(champion, i) },
  }));

const METRIC_FILE = `let at = 0;
export default ({ prediction }) => {
  at += 1;
  if (at % 10 === 1) throw new Error('no');
  if (at % 10 === 2) return '1';
  return prediction === 'yes' ? 1 : 0;
};`;

describe('a custom metric in a recipe', () => {
  const gate = Gate.parse({ metric: 'own' });

  test('that throws or returns a text leaves items unmeasured, which keeps the candidate from being promoted', async () => {
    const file = join(folderWith({ 'own.ts': METRIC_FILE }), 'own.ts');
    const metrics = await openMetrics(Evaluate.parse({ metrics: ['exactMatch'], custom: { own: { file } } }));
    const items: ScoredItem[] = [];
    try {
      const facts = await scoreBoth(
        rows(
          100,
          () => true,
          () => false,
        ),
        metrics,
        { scored: (item) => void items.push(item) },
      );
      expect(facts['own']?.candidate).toMatchObject({ n: 100, unmeasured: 20 });
      const tally = new GateTally(
        { ...gate, primaries: [{ metric: 'own', minGain: 0 }], guards: [], floors: [], looks: { spend: 'none' } },
        facts,
      );
      for (const item of items) tally.add(item);
      const decision = tally.decide();
      expect(decision).toMatchObject({ verdict: 'inconclusive', n: 100, unmeasured: 20 });
      expect(decision.reasons.join(' ')).toContain('own was not measured on 20 of 100 items');
    } finally {
      for (const metric of metrics) await metric.close?.();
    }
  });

  test('that hangs holds nothing up beyond its limit', async () => {
    const file = join(folderWith({ 'own.ts': 'export default () => { for (;;); };' }), 'own.ts');
    const metrics = await openMetrics(
      Evaluate.parse({ metrics: ['exactMatch'], custom: { own: { file, timeoutSeconds: 0.3 } } }),
    );
    try {
      const items: ScoredItem[] = [];
      await scoreBoth(
        rows(
          1,
          () => true,
          () => false,
        ),
        metrics,
        { scored: (item) => void items.push(item) },
      );
      expect(items).toMatchObject([
        {
          candidate: { own: null, exactMatch: 1 },
          champion: { own: null },
          why: { own: expect.any(String) as string },
        },
      ]);
    } finally {
      for (const metric of metrics) await metric.close?.();
    }
  });

  test('is not left running when another one cannot be loaded', async () => {
    const folder = folderWith({
      'good.ts': `import { writeFileSync } from 'node:fs';
        writeFileSync(new URL('pid.txt', import.meta.url), String(process.pid));
        export default () => 1;`,
      'bad.ts': 'export default 3;',
    });
    const custom = { good: { file: join(folder, 'good.ts') }, bad: { file: join(folder, 'bad.ts') } };
    await expect(openMetrics(Evaluate.parse({ custom }))).rejects.toThrow('has no default export that is a function');
    const pid = Number(readFileSync(join(folder, 'pid.txt'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

test('a metric with a per cent sign that stands for nothing is refused in words', async () => {
  await expect(openMetrics({ metrics: ['jsonSchema:file=100%.json'] })).rejects.toThrow(
    'evaluate.metrics: "jsonSchema:file=100%.json": a per cent sign is written %25',
  );
});

test('scores beyond the range of a metric widen it, so that an interval holds its value', async () => {
  const long = (i: number): MetricItem => ({ prediction: 'b c d e f '.repeat(1 + (i % 3)), references: ['a'] });
  const short: MetricItem = { prediction: 'a', references: ['a'] };
  const both = Array.from({ length: 9 }, (_, i) => ({
    id: String(i),
    slices: [],
    items: { candidate: long(i), champion: short },
  }));
  const { ter } = await scoreBoth(both, await openMetrics({ metrics: ['ter'] }), { scored: () => undefined });
  expect(ter?.range).toEqual([0, 1500]);
  expect(ter?.gain.value).toBe(-1000);
  expect(ter?.gain.ci[0]).toBeLessThan(-1000);
  expect(ter?.gain.ci[1]).toBeGreaterThan(-1000);
});

describe('a gate', () => {
  const settings = Gate.parse({ looks: { spend: 'none' } });
  const total = { value: 0, n: 0, ci: [0, 0], unmeasured: 0 };
  const reportOf = (test: string, candidate = 'sha256:c') => ({
    test,
    candidate,
    champion: 'sha256:d',
    items: 0,
    metrics: {
      exactMatch: {
        range: [0, 1],
        better: 'higher',
        isBinary: true,
        signature: '',
        candidate: total,
        champion: total,
        gain: total,
      },
    },
  });

  /** Evidence in a store: reports, and scores of items. */
  async function evidence(reports: object[], items: object[], test?: string) {
    const folder = emptyFolder();
    const store = createFileStore(join(folder, 'store'));
    writeFileSync(join(folder, 'scores.jsonl'), items.map((item) => `${JSON.stringify(item)}\n`).join(''));
    const scores = await store.putFile(join(folder, 'scores.jsonl'));
    const inputs: Record<string, { digest: string; type: string }> = {
      scores: { digest: scores.digest, type: 'Scores' },
      ...(test === undefined ? {} : { test: { digest: test, type: 'Dataset' } }),
    };
    for (const [i, report] of reports.entries()) {
      const { digest } = await store.putBytes(JSON.stringify(report));
      inputs[i === 0 ? 'report' : `report${i}`] = { digest, type: 'EvalReport' };
    }
    return openEvidence({ store }, inputs as Parameters<typeof openEvidence>[1]);
  }

  test.each([
    ['the test set changed since', [reportOf('sha256:old')], 'sha256:new'],
    ['two evaluations saw different test sets', [reportOf('sha256:old'), reportOf('sha256:new')], undefined],
    ['two evaluations are of different models', [reportOf('sha256:a'), reportOf('sha256:a', 'sha256:e')], undefined],
  ])('is refused where %s', async (_what, reports, testSet) => {
    await expect(evidence(reports, [], testSet)).rejects.toMatchObject({
      type: 'TestSetChanged',
      message: expect.stringContaining('not measured on one and the same test set') as string,
    });
  });

  test('without items says so', async () => {
    const found = await evidence([reportOf('sha256:a')], []);
    await expect(decideOn(found, settings, 1)).rejects.toThrow('the gate decides on exactMatch, which no item has');
  });

  test.each([
    ['identical models', (i: number) => [i % 3 === 0 ? 1 : 0, i % 3 === 0 ? 1 : 0]],
    ['ties on every item, all right', () => [1, 1]],
    ['ties on every item, all wrong', () => [0, 0]],
  ])('proves nothing of %s, with a bound all the same', async (_what, scores) => {
    const items = Array.from({ length: 200 }, (_, i) => {
      const [candidate, champion] = scores(i);
      return { id: String(i), candidate: { exactMatch: candidate }, champion: { exactMatch: champion } };
    });
    const decision = await decideOn(await evidence([reportOf('sha256:a')], items), settings, 1);
    expect(decision).toMatchObject({ verdict: 'inconclusive', n: 200, gain: 0, better: 0, worse: 0, equal: 200 });
    expect(decision.lower).toBeLessThan(0);
    expect(decision.upper).toBeGreaterThan(0);
    expect(decision.reasons.join(' ')).not.toMatch(/NaN|Infinity|undefined/);
  });

  test.each([0, 1, -0.5, 0.49, Number.NaN])('with a confidence of %d is no gate', (confidence) => {
    expect(Gate.safeParse({ confidence }).success).toBe(false);
  });
});
