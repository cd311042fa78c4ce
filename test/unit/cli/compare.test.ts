import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';

const folder = mkdtempSync(join(tmpdir(), 'anneal-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Row {
  id: number;
  prediction: string | null;
  references: string[];
}

/** Answers to `n` questions, of which some are wrong. */
function answers(
  name: string,
  isRight: (i: number) => boolean,
  n = 200,
  expected = (i: number) => `label ${i % 4}`,
): string {
  const rows = Array.from({ length: n }, (_, i): Row => ({
    id: i,
    prediction: isRight(i) ? expected(i) : '<script>alert(1)</script>',
    references: [expected(i)],
  }));
  writeFileSync(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return name;
}

function anneal(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NO_COLOR: '1', ANNEAL_HOME: join(folder, 'none') };
  return spawnSync(process.execPath, [join(root, 'cli', 'main.ts'), ...args], { cwd: folder, encoding: 'utf8', env });
}

const good = answers('good.jsonl', (i) => i % 10 !== 0);
const bad = answers('bad.jsonl', (i) => i % 2 === 0);

describe('anneal compare', () => {
  test('says which of two files of predictions is better, and how sure that is', () => {
    const { status, stdout } = anneal('compare', good, bad, '--metric', 'exactMatch', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'promote',
      n: 200,
      look: 1,
      gain: 0.4,
      better: 100,
      worse: 20,
      metrics: { exactMatch: { candidate: { value: 0.9, n: 200, unmeasured: 0 }, champion: { value: 0.5 } } },
    });
  });

  test('ends as the verdict says, where it is asked to', () => {
    expect(anneal('compare', bad, good, '--metric', 'exactMatch', '--exit-verdict').status).toBe(10);
    expect(anneal('compare', good, good, '--metric', 'exactMatch', '--exit-verdict').status).toBe(11);
    expect(anneal('compare', good, bad, '--metric', 'exactMatch', '--exit-verdict').status).toBe(0);
  });

  test('writes a report in which answers are text', () => {
    expect(anneal('compare', good, bad, '--metric', 'exactMatch', '--report', 'out/report.html').status).toBe(0);
    const html = readFileSync(join(folder, 'out', 'report.html'), 'utf8');
    expect(html).toContain('good.jsonl against bad.jsonl');
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script>alert');
  });

  test.each([
    ['another number of rows', answers('short.jsonl', () => true, 100), '100 answers, 100 of them to the 200 rows'],
    [
      'other references',
      answers(
        'other.jsonl',
        () => true,
        200,
        (i) => `other ${i}`,
      ),
      'expects another answer to row 0',
    ],
  ])('refuses %s', (_what, file, message) => {
    const { status, stderr } = anneal('compare', good, file);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });

  test.each([
    [['--min-gain', 'much'], '--min-gain: expected a number from 0 to 100, found "much"'],
    [['--confidence', '1'], '--confidence: expected a number from 0.5 to 0.999999, found "1"'],
    [['--decides', 'bleu'], 'bleu is to decide, and is not measured'],
    [['--metric', 'bleau'], 'there is no metric "bleau"'],
  ])('says in a sentence what is wrong with %j', (flags, message) => {
    const { status, stderr } = anneal('compare', good, bad, ...flags);
    expect(status).toBeGreaterThan(0);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('unexpected');
  });
});

test('anneal eval measures one file by itself', () => {
  const { stdout } = anneal('eval', good, '--metric', 'exactMatch', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ n: 200, metrics: { exactMatch: { value: 0.9, n: 200 } } });
  const { status, stderr } = anneal('eval', 'nobody@v1', '--metric', 'exactMatch');
  expect(status).toBe(1);
  expect(stderr).toContain('a model or an endpoint can only answer a test set: give --test');
});
