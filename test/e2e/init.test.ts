import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, type RunJson } from '../support/cli.ts';

test.skipIf(noTrainer)('what init writes runs as it is, and is never written over', async () => {
  const place = makePlace();
  const { stdout } = await place.anneal('init', 'my-model');
  expect(stdout).toBe(
    'made my-model/recipe.yaml, my-model/data/rows.jsonl and my-model/base/\nnext: anneal run my-model/recipe.yaml\n',
  );
  const again = await place.anneal('init', 'my-model');
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('recipe.yaml is there already, and init overwrites nothing: name another folder');
  const run = await place.json<RunJson>('run', 'my-model/recipe.yaml', '--set', 'tune.iterations=40');
  expect(run.status).toBe('completed');
  expect(run.steps).toHaveLength(6);
});

test('every command has help with an example, and it comes at once', async () => {
  const place = makePlace();
  const commands = [
    'init',
    'check',
    'run',
    'rerun',
    ...['inspect', 'diff', 'sample', 'trace', 'export', 'add', 'list', 'confirm', 'quarantine', 'report'].map(
      (name) => `data ${name}`,
    ),
    'runs',
    'show',
    'logs',
    'cancel',
    'resume',
    'cache explain',
    'metrics',
    'eval',
    'compare',
    'gate plan',
    'gate backtest',
    'report',
    'lineage',
    'models',
    'promote',
    'rollback',
    'freeze',
    'unfreeze',
    'history',
    'line',
    'up',
    'down',
    'status',
    'verify',
    'gc',
    'schema',
    'export kfp',
    'step',
    'doctor',
  ];
  for (const command of commands) {
    const { code, stdout } = await place.anneal(...command.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`  anneal ${command}`);
    expect(stdout).toMatch(/EXAMPLES/);
  }
  expect((await place.anneal('--version')).stdout).toBe('0.1.0\n');
  const schema = JSON.parse((await place.anneal('schema')).stdout) as { properties: object };
  expect(Object.keys(schema.properties)).toContain('tune');
  expect((await place.json<{ ok: boolean }>('doctor')).ok).toBe(true);
});

test('a reader that has seen enough is no error', async () => {
  const place = makePlace();
  // Much more than a pipe holds.
  const shown = `"${process.execPath}" "${join(root, 'cli', 'main.ts')}" schema | head -c 1; exit 0`;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', shown], { cwd: place.folder });
  expect([stdout, stderr]).toEqual(['{', '']);
});
