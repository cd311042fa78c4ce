import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { buildBase } from '../contract/support/trainer.ts';

export interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of a user, with a state folder of its own; everything it started is stopped at the end of the file. */
export interface Place {
  folder: string;
  /** Runs the command line to its end. */
  anneal(...args: string[]): Promise<Answer>;
  /** The same with `--json`: what it printed, parsed. The command may fail; look at the value. */
  json<T>(...args: string[]): Promise<T>;
  /** Starts the command line and leaves it running. */
  start(...args: string[]): Running;
  write(name: string, text: string): string;
  read(name: string): string;
}

export interface Running {
  child: ChildProcess;
  /** What it wrote to stderr so far. */
  stderr(): string;
  ended: Promise<Answer>;
}

const places: { folder: string; anneal: Place['anneal'] }[] = [];

// At the top, so that it also holds for a place that a test made for itself.
afterAll(async () => {
  await Promise.all(places.map(({ anneal }) => anneal('down')));
  for (const { folder } of places) rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Makes a user's folder. @param env Set for every command, and so for the server and worker it starts. */
export function makePlace(env: Record<string, string> = {}): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'anneal-e2e-')));
  // Far from the ports of a developer's own server, and apart from those of other test files.
  const port = 20_000 + ((process.pid * 7 + places.length * 53) % 20_000);
  const home = {
    ANNEAL_HOME: join(folder, '.anneal'),
    ANNEAL_TEMPORAL_PORT: String(port),
    NO_COLOR: '1',
    ANNEAL_USER: 'tester',
  };
  const start = (...args: string[]): Running => {
    const child = spawn(process.execPath, [join(root, 'bin', 'anneal'), ...args], {
      cwd: folder,
      env: { ...process.env, ...home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Answer>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
    return { child, stderr: () => stderr, ended };
  };
  const anneal = (...args: string[]): Promise<Answer> => start(...args).ended;
  places.push({ folder, anneal });
  return {
    folder,
    anneal,
    start,
    json: async <T>(...args: string[]) => {
      const { stdout, stderr } = await anneal(...args, '--json');
      try {
        return JSON.parse(stdout) as T;
      } catch (error) {
        throw new Error(`anneal ${args.join(' ')} --json printed no JSON document: ${stdout}\n${stderr}`, {
          cause: error,
        });
      }
    },
    write: (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    read: (name) => readFileSync(join(folder, name), 'utf8'),
  };
}

const SUBJECTS = ['refund', 'delivery', 'invoice', 'card', 'parcel', 'account', 'password', 'order'];

/** Rows whose label is their first word. */
export function rows(count: number, from = 0): string {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const label = SUBJECTS[n % SUBJECTS.length];
    return `${JSON.stringify({ text: `${label} number ${n} is late`, label })}\n`;
  }).join('');
}

/** A recipe of a tiny model that trains in a second or two. */
export const TINY_RECIPE = `name: tiny
data:
  train: { uri: train.jsonl }
  test: { uri: test.jsonl }
  template: { prompt: '{{text}}', completion: '{{label}}' }
model: { base: ./base }
tune: { iterations: 8, batchSize: 4, checkpointEvery: 2, learningRate: 0.001, maxTokens: 64 }
evaluate: { decoding: { maxTokens: 4 } }
`;

/** Puts a tiny base model, rows and the recipe into a folder; gives the recipe's name. */
export function writeTiny(place: Place, base?: string): string {
  if (base) cpSync(base, join(place.folder, 'base'), { recursive: true });
  else buildBase(join(place.folder, 'base'));
  place.write('train.jsonl', rows(40));
  place.write('test.jsonl', rows(16, 1000));
  place.write('recipe.yaml', TINY_RECIPE);
  return 'recipe.yaml';
}

/** Waits until something is there. @throws after `ms` */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  ms = 60_000,
): Promise<T> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(50)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`${what}: not within ${ms / 1000} s`);
}

export interface RunJson {
  runId: string;
  status: string;
  verdict: string | null;
  model: string | null;
  steps: {
    name: string;
    status: string;
    cached: boolean;
    seconds: number;
    attempts: number;
    inputs: Record<string, string>;
    outputs: Record<string, string>;
    reason?: string;
    error?: { type: string; message: string };
  }[];
  metrics: Record<string, { value: number; n: number; ci: [number, number] }>;
  temporal: { workflowId: string; url: string };
  error?: { type: string; message: string };
}

export interface StatusJson {
  temporal: { pid: number; address: string; uiUrl: string } | null;
  workers: { pid: number; queues: string[] }[];
  trainer: { pid: number; run: string }[];
}
