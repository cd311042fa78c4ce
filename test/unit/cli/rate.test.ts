import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

let folder = '';
let env: NodeJS.ProcessEnv;
const line = (i: number, prediction: string | null): string =>
  `${JSON.stringify({ id: `r${i}`, prompt: `q${i}`, references: [`ref${i}`], prediction })}\n`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anneal-rate-'));
  folders.push(folder);
  env = { ...process.env, ANNEAL_HOME: join(folder, '.anneal'), ANNEAL_USER: 'ann', NO_COLOR: '1' };
  const rows = Array.from({ length: 6 }, (_, i) => i);
  writeFileSync(join(folder, 'a.jsonl'), rows.map((i) => line(i, i === 5 ? 'same' : `good ${i}`)).join(''));
  writeFileSync(join(folder, 'b.jsonl'), rows.map((i) => line(i, i === 5 ? 'same' : `bad ${i}`)).join(''));
});

function anneal(input: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'anneal'), 'rate', ...args], {
    cwd: folder,
    env,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The key for the better answer of each pair that is shown, as somebody who reads would give it. */
const seen = (stdout: string): string[] =>
  [...stdout.matchAll(/ANSWER 1\n {2}(good|bad) (\d)/g)].map(([, word, id]) => `${word} ${id}`);

test('two files are rated blind from standard input, on from where it stopped, to an artifact', () => {
  const first = anneal('1\n2\nu\n=\n', 'a.jsonl', 'b.jsonl');
  expect(first.status).toBe(0);
  expect(first.stdout).toContain('2 rated, 3 left: the same command goes on');
  expect(first.stdout).not.toMatch(/candidate|champion|a\.jsonl/);
  const shown = seen(first.stdout);
  // The second pair is shown again after undo, and the third waits.
  expect(shown[1]).toBe(shown[3]);
  expect(seen(anneal('', 'a.jsonl', 'b.jsonl').stdout)).toEqual([shown.at(-1)]);
  const { stdout } = anneal('s\n1\n1\n', 'a.jsonl', 'b.jsonl', '--json');
  const done = JSON.parse(stdout) as Record<string, unknown>;
  expect(done).toMatchObject({ n: 4, same: 1, skipped: 1, left: 0, handedIn: false });
  expect(done['ratings']).toMatch(/^sha256:/);
  // Asked for again it is the same.
  expect(JSON.parse(anneal('', 'a.jsonl', 'b.jsonl', '--json').stdout)).toEqual(done);
  const rows = anneal('', 'export', String(done['ratings']))
    .stdout.trim()
    .split('\n')
    .map((row) => JSON.parse(row) as object);
  expect(rows[0]).toMatchObject({
    rater: 'ann',
    shown: expect.stringMatching(/^sha256:/),
    candidate: expect.stringContaining('good'),
  });
  writeFileSync(join(folder, 'r.csv'), anneal('', 'export', String(done['task']), '--format', 'csv').stdout);
  expect(JSON.parse(anneal('', 'import', 'r.csv', '--json').stdout)).toMatchObject({ ratings: done['ratings'], n: 4 });
  expect(JSON.parse(anneal('', 'list', '--json').stdout)).toMatchObject([
    { digest: done['ratings'], raters: ['ann'], n: 4 },
  ]);
});

test('what was rated outlives kill -9 in the middle, and a line that was cut off', async () => {
  const child = spawn(process.execPath, [join(root, 'bin', 'anneal'), 'rate', 'a.jsonl', 'b.jsonl'], {
    cwd: folder,
    env,
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (seen(out).length === 1 && !child.stdin.writableEnded) child.stdin.write('1\n');
    if (seen(out).length === 2) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  const sessions = join(folder, '.anneal', 'ratings');
  const file =
    readdirSync(sessions, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.jsonl')) ?? '';
  writeFileSync(join(sessions, file), `${readFileSync(join(sessions, file), 'utf8')}{"id":"r`);
  const { stdout } = anneal('', 'a.jsonl', 'b.jsonl', '--finish', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ n: 1, left: 4 });
});

test('a second rater adds to the first, with how far they agree; scores stand by themselves', () => {
  anneal('1\n1\n1\n1\n1\n', 'a.jsonl', 'b.jsonl');
  const both = JSON.parse(anneal('1\n1\n1\n1\n1\n', 'a.jsonl', 'b.jsonl', '--rater', 'bob', '--json').stdout) as object;
  expect(both).toMatchObject({ n: 10, agreement: { items: 5 } });
  const scored = JSON.parse(
    anneal('5\n4\n3\n2\n1\n', 'a.jsonl', 'b.jsonl', '--scale', '1-5', '--json').stdout,
  ) as object;
  expect(scored).toMatchObject({ n: 5, meanScore: 3 });
});

test.each([
  ['x\n', ['a.jsonl', 'b.jsonl'], 'standard input, choice 1: expected 1, 2, = (the same)'],
  ['', ['a.jsonl', 'nowhere.jsonl'], 'nowhere.jsonl cannot be read'],
  ['', ['a.jsonl'], 'give a second file beside a.jsonl'],
  ['', ['nothing'], 'nothing is called "nothing"'],
  ['', ['a.jsonl', 'a.jsonl'], 'the answers to all 6 rows are equal'],
  ['', ['a.jsonl', 'b.jsonl', '--scale', '5-1'], '--scale: expected the lowest and highest score'],
  ['', ['import', 'a.jsonl'], 'a.jsonl:1: '],
] as const)('a wrong use is one sentence (%#)', (input, args, message) => {
  const { status, stderr } = anneal(input, ...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(stderr).not.toContain('unexpected');
});
