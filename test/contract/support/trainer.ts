import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { runningJobs } from '../../../adapters/local/job.ts';
import { endGroup, processOf } from '../../../adapters/local/processes.ts';
import { findTrainer, root } from '../../../scripts/toolchain.js';

const trainer = findTrainer();

/** Why nothing can be trained here; undefined when the trainer is there. */
export const noTrainer = trainer ? undefined : 'the trainer is not set up: `npm run setup` makes it';

/** Runs Python in the trainer's environment. @throws with its output when it fails. */
export function runPython(code: string): string {
  if (!trainer) throw new Error(noTrainer);
  return execFileSync(trainer.python, ['-c', code], {
    encoding: 'utf8',
    env: { ...process.env, ...trainer.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/** A folder for all tests of a file, removed at its end with the jobs that still run in it. */
export function sharedFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-contract-')));
  afterAll(async () => {
    for (const { pid } of await runningJobs(join(folder, 'jobs'))) {
      const ref = processOf(pid);
      if (ref) await endGroup(ref, 0);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A model of 31,000 parameters with its tokenizer, the same one every time. */
export function buildBase(folder: string): string {
  mkdirSync(join(folder, '..'), { recursive: true });
  const tests = join(root, 'adapters', 'mlx', 'python', 'tests');
  runPython(
    `import sys; from pathlib import Path; sys.path.insert(0, ${JSON.stringify(tests)})
from tiny import build_base
build_base(Path(${JSON.stringify(folder)}))`,
  );
  return folder;
}

const words = ['refund', 'delivery', 'invoice', 'late', 'broken', 'card', 'parcel', 'account', 'password', 'order'];

/** Prepared rows, each answered by the first word of its question. */
export function writeRows(path: string, count: number, answered: boolean): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const said = [0, 3, 7].map((step) => words[(i * 3 + step) % words.length]).join(' ');
    const [answer = ''] = said.split(' ');
    const asked = { role: 'user', content: said };
    const messages = answered ? [asked, { role: 'assistant', content: answer }] : [asked];
    return `${JSON.stringify({ id: `row-${i}`, line: i + 1, messages, ...(answered ? {} : { reference: answer }) })}\n`;
  });
  writeFileSync(path, rows.join(''));
  return path;
}
