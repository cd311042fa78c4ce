import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTrainer, root } from '../../scripts/toolchain.js';
import { noTrainer } from './support/trainer.ts';

test("the trainer's own programs pass their tests", { timeout: 300_000 }, async (context) => {
  context.skip(noTrainer !== undefined, noTrainer);
  const trainer = findTrainer() as NonNullable<ReturnType<typeof findTrainer>>;
  const child = spawn(trainer.python, ['-m', 'unittest', 'discover', '-s', 'tests'], {
    cwd: join(root, 'adapters', 'mlx', 'python'),
    env: { ...process.env, ...trainer.env, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [status] = (await once(child, 'close')) as [number | null];
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  expect(output).toMatch(/Ran \d\d+ tests/);
});
