import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EvalSet, World } from '../../data/policies/policy.ts';

/** A line of the table: ours beside theirs. */
export interface Figure {
  row: string;
  ours: string;
  beside: string;
  /** How many times as fast as theirs; absent where nothing is beside it. */
  ratio?: number;
  aim: string;
  met: boolean;
  notes: string[];
}

/** What is measured, in this order. */
export const ROW_NAMES = ['pipeline', 'near-duplicates', 'decontaminate', 'tokens', 'synthesis'] as const;
export type RowName = (typeof ROW_NAMES)[number];

/** The middle one of an odd number of values. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Runs a script of bench/data/python with the Python of ANNEAL_BENCH_PYTHON; its last line of output is JSON. */
export async function askPython<T>(
  script: string,
  parameters: readonly string[],
  environment: Record<string, string> = {},
): Promise<T> {
  const python = process.env['ANNEAL_BENCH_PYTHON'];
  if (!python) throw new Error('ANNEAL_BENCH_PYTHON is not set: `npm run bench -- data` sets it');
  const path = join(import.meta.dirname, 'python', script);
  const { stdout } = await promisify(execFile)(python, [path, ...parameters], {
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}

/** Random numbers from 0 to 1, the same for a seed everywhere (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), 1 | state);
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash;
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes up words, frequent ones and rare ones as in speech. */
export function createSpeech(random: () => number): (count: number) => string[] {
  const letter = (): string => String.fromCharCode(97 + Math.floor(random() * 26));
  const vocabulary = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 3 + Math.floor(random() * 7) }, letter).join(''),
  );
  return (count) => Array.from({ length: count }, () => vocabulary[Math.floor(20_000 * random() ** 3)] as string);
}

/** What a policy is told in a benchmark. */
export const emptyWorld = (evalSets: readonly EvalSet[]): World => ({
  evalSets,
  countTokens: 'not counted in a benchmark',
  maxTokens: 4096,
  seed: 1,
  warn: (message) => console.error(message),
});
