import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { workflowBundle } from '../../worker/bundle.ts';

const folder = join(root, 'test', 'histories');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

beforeAll(() => Runtime.install({ logger: new DefaultLogger('ERROR') }));

test('there are histories of every way a run can go', () => {
  expect(names.length).toBeGreaterThanOrEqual(5);
});

for (const name of names) {
  test(`a run recorded as ${name} can go on with today's workflow code`, async () => {
    const history: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const options = { workflowBundle: { codePath: await workflowBundle() } };
    await expect(Worker.runReplayHistory(options, history, 'replayed')).resolves.toBeUndefined();
  });
}

test('the workflows carry no schemas into their sandbox, where every run would build them anew', async () => {
  expect(readFileSync(await workflowBundle(), 'utf8')).not.toContain('ZodObject');
});
