import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createFileStore } from '../../../artifacts/store.ts';
import { root } from '../../../scripts/toolchain.js';
import { homeAt } from '../../../worker/home.ts';
import { startFakeEndpoint } from '../../support/fake-endpoint.ts';
import { emptyFolder } from '../support/folder.ts';
import { newLedger } from '../support/ledger.ts';
import { decidedRun, judgeCalled } from '../support/promoted.ts';

interface Answer {
  status: number;
  stdout: string;
  stderr: string;
}

async function place() {
  const folder = emptyFolder();
  const home = homeAt(join(folder, '.anneal'));
  const env = { ...process.env, NO_COLOR: '1', ANNEAL_HOME: home.root, ANNEAL_USER: 'tester' };
  return {
    folder,
    shelf: { ledger: await newLedger(home.ledger), store: createFileStore(home.store) },
    // Not waited for in the thread: the server that it asks is in this process.
    anneal: async (...args: string[]): Promise<Answer> => {
      const done = promisify(execFile)(process.execPath, [join(root, 'cli', 'main.ts'), ...args], { cwd: folder, env });
      return done.then(
        ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
        (error: { code: number; stdout: string; stderr: string }) => ({ ...error, status: error.code }),
      );
    },
  };
}

test('retiring a judge lists what rests on it, and keeps the first reason', async () => {
  const { shelf, anneal } = await place();
  const judge = await judgeCalled(shelf, 'kind');
  await decidedRun(shelf, 'run-1', { judges: { kind: judge } });
  await decidedRun(shelf, 'run-2', { judges: {} });
  const said = await anneal('judge', 'retire', 'kind', '--why', 'too kind', '--no-reopen', '--json');
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(said.stdout)).toMatchObject({
    judge: { digest: judge.digest, names: ['kind'] },
    retired: { actor: 'tester', why: 'too kind' },
    isNew: true,
    promotions: [{ model: 'support-triage@v1', run: 'run-1', isChampion: false, reopened: null }],
  });
  const again = await anneal('judge', 'retire', judge.digest.slice(0, 20), '--why', 'else', '--no-reopen');
  expect(again.stdout).toContain('judge kind was retired before: too kind');
  const list = await anneal('judge', 'list', '--json');
  expect(JSON.parse(list.stdout)).toMatchObject([{ names: ['kind'], state: 'retired', decisions: 1, promotions: 1 }]);
  expect((await anneal('judge', 'show', 'kind')).stdout).toContain('retired on');
  expect(await anneal('judge', 'retire', 'unknown', '--why', 'x')).toMatchObject({ status: 2 });
});

test('a calibration that fails exits with 10 and lists the promotions that rest on the judge', async () => {
  const { folder, shelf, anneal } = await place();
  const answer = ({ messages }: { messages: { content: string }[] }): string =>
    JSON.stringify({ reason: 'seen', score: /judged:\nBEGIN \w+\nright/.test(messages[1]?.content ?? '') ? 5 : 1 });
  const server = await startFakeEndpoint({ answer });
  onTestFinished(() => server.close());
  const recipe = {
    name: 'support-triage',
    data: { train: { uri: 'train.jsonl' }, split: { test: 0.2 }, template: { prompt: '{{a}}', completion: '{{b}}' } },
    model: { base: 'org/name' },
    evaluate: {
      judges: {
        helpful: {
          kind: 'pointwise',
          rubric: 'Right?',
          generator: { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake' },
        },
      },
    },
  };
  writeFileSync(join(folder, 'recipe.yaml'), JSON.stringify(recipe));
  const labels = (name: string, good: number, bad: number): void => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0 ? `question ${i},right,ann,${good}\n` : `question ${i},wrong,ann,${bad}\n`,
    );
    writeFileSync(join(folder, name), `prompt,prediction,rater,label\n${rows.join('')}`);
  };
  labels('good.csv', 5, 1);
  labels('bad.csv', 1, 5);
  const order = ['judge', 'calibrate', 'recipe.yaml', '--judge', 'helpful'];
  const passed = await anneal(...order, '--labels', 'good.csv');
  expect(passed.stdout).toContain('judge helpful passed');
  expect(passed.stdout).toMatch(/Passed: it may decide until \d{4}-\d\d-\d\d\./);
  expect(passed.status).toBe(0);
  const [judge] = JSON.parse((await anneal('judge', 'list', '--json')).stdout) as { digest: string; state: string }[];
  expect(judge?.state).toBe('valid');
  await decidedRun(shelf, 'run-1', { judges: { helpful: { digest: String(judge?.digest), type: 'Judge' } } });
  const failed = await anneal(...order, '--labels', 'bad.csv', '--json');
  expect(failed.status).toBe(10);
  expect(JSON.parse(failed.stdout)).toMatchObject({
    name: 'helpful',
    passed: false,
    kappa: { value: -1, n: 40 },
    promotions: [{ model: 'support-triage@v1', run: 'run-1', isChampion: true }],
    reopen: expect.stringMatching(/^anneal judge retire sha256:[0-9a-f]{12} --why/),
  });
  const wrong = await anneal(...order.slice(0, -1), 'helpfull', '--labels', 'good.csv');
  expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean "helpful"?') });
  expect(await anneal(...order, '--labels', 'none.csv')).toMatchObject({ status: 2 });
});
