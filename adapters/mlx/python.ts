import { fileURLToPath } from 'node:url';
import { digestFile, listFiles } from '../../artifacts/files.ts';
import { digestOf } from '../../artifacts/canonical.ts';
import { terminal } from '../../configs/failure.ts';
import { findTrainer } from '../../scripts/toolchain.js';
import type { JobProgram } from '../local/job.ts';

const folder = fileURLToPath(new URL('./python/', import.meta.url));

/** One of our Python programs, in the trainer's own environment. @throws NoTrainer when set-up has not made it. */
export function pythonProgram(script: 'train.py' | 'generate.py' | 'resolve.py' | 'serve.py'): JobProgram {
  const trainer = findTrainer();
  if (!trainer)
    throw terminal(
      'NoTrainer',
      'the Python environment of the trainer is missing: run `npm run setup`, then try again',
    );
  return { command: trainer.python, args: [`${folder}${script}`], env: trainer.env };
}

/** Versions of what trains and generates, and the digest of our own Python files. */
export async function pythonIdentity(): Promise<Record<string, string>> {
  const trainer = findTrainer();
  if (!trainer) return { 'mlx-lm': 'missing' };
  const names = (await listFiles(folder)).filter((name) => name.endsWith('.py') && !name.startsWith('tests/'));
  const digests = await Promise.all(names.map(async (name) => `${name} ${await digestFile(folder + name)}`));
  const { libraries } = trainer;
  return {
    mlx: libraries['mlx'] ?? 'unknown',
    'mlx-lm': libraries['mlx-lm'] ?? 'unknown',
    programs: digestOf(digests.join('\n')),
    // The same order of sums on another kind of processor can end in other last digits.
    platform: `${process.platform}-${process.arch}`,
  };
}
