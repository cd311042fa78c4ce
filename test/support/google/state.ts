import { createHash, randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Learned, type Lesson } from '../learned.ts';
import type { Fate } from './faults.ts';
import { Journal } from './journal.ts';
import { objectsAt, type Objects } from './objects.ts';

/** A resource as Google's REST services write it: camelCase, names of enums, int64 as text, RFC 3339 times. */
export type Resource = Record<string, unknown>;

/** How the pretended project behaves. */
export interface StateOptions {
  /** Holds all that has to outlive the process. Servers that share it share the project. */
  folder: string;
  /** How long a job is PENDING, in ms. @default 0 */
  pendingMs?: number;
  /** How long a job is RUNNING, in ms. @default 0 */
  runningMs?: number;
  /** How long a job is CANCELLING, in ms. @default 0 */
  cancellingMs?: number;
  /** URL of a server of Cloud Storage, or a folder with buckets in it. Left out: data are not read, and nothing is learned. */
  gcs?: string;
  /** USD for a million trained tokens, by model. */
  prices?: Record<string, number>;
  /** Models that can no longer be tuned, nor be answered by. */
  retired?: string[];
  /** Lists ignore their filter, as the real service may. */
  ignoreFilter?: boolean;
  /** Most jobs under way at once; one more is refused with RESOURCE_EXHAUSTED. */
  concurrentJobs?: number;
  /** Where buckets lie, such as `{ data: 'europe-west4' }`; a job elsewhere is refused. */
  bucketRegions?: Record<string, string>;
  /** Permissions that the caller lacks, such as `aiplatform.tuningJobs.create`. */
  denied?: string[];
  /** Services that are not enabled, such as `aiplatform.googleapis.com`. */
  disabledServices?: string[];
  /** Most examples that a validation file may have. @default 5000 */
  maxValidationRows?: number;
  /** Most bytes of a training file. @default 1 GB */
  maxTrainingBytes?: number;
  /** Most tokens of one example; longer ones are dropped. @default 131072 */
  maxTokens?: number;
}

/** Lessons in a file, and how many of them a model had seen. */
export interface Learning {
  /** sha256 of the lessons; null: no data were read. */
  digest: string | null;
  /** 0 to 1: the first part of the lessons. */
  share: number;
}

/** A tuning job, with what the service knows and does not tell. */
export interface StoredJob {
  resource: Resource & { name: string; createTime: string; labels?: Record<string, string> };
  createdAt: number;
  pendingMs: number;
  runningMs: number;
  cancellingMs: number;
  fate?: Fate;
  /** Why it will fail. */
  failure?: { code: number; message: string };
  cancelledAt?: number;
  base: string;
  epochs: number;
  /** What the new model knows: that of the model it goes on from, then its own lessons. */
  learned: Learning[];
  billableTokens: number;
  stats: Resource;
  parentModel?: string;
  /** The end has been written: model, endpoint, money. */
  isSettled?: boolean;
}

/** A create that took effect. */
export interface CountedCreate {
  key: string;
  try: string;
  name: string;
  at: number;
}

/** USD for a million trained tokens where the options say nothing. */
export const PRICES: Record<string, number> = {
  'gemini-2.5-pro': 25,
  'gemini-2.5-flash': 5,
  'gemini-2.5-flash-lite': 1.5,
  'gemini-2.0-flash-001': 3,
  'gemini-2.0-flash-lite-001': 1,
};

/** A pretended Google project: its objects, what was created and what it cost. */
export class GoogleState {
  readonly options: StateOptions;
  readonly journal: Journal;
  readonly objects: Objects | undefined;
  readonly #minds = new Map<string, Learned>();

  constructor(options: StateOptions) {
    this.options = { ...options };
    this.journal = new Journal(options.folder);
    this.objects = options.gcs ? objectsAt(options.gcs) : undefined;
  }

  /** Creates by `anneal_key/anneal_try`. */
  creates(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [, { key, try: number }] of this.journal.all<CountedCreate>('creates'))
      counts[`${key}/${number}`] = (counts[`${key}/${number}`] ?? 0) + 1;
    return counts;
  }

  /** What was spent, by job. `microUsd` is a whole number: tokens by USD for a million of them. */
  money(): { usd: number; microUsd: number; tokens: number; jobs: Record<string, number> } {
    const spent = this.journal.all<{ tokens: number; microUsd: number }>('money');
    const microUsd = spent.reduce((sum, [, one]) => sum + one.microUsd, 0);
    return {
      usd: microUsd / 1e6,
      microUsd,
      tokens: spent.reduce((sum, [, one]) => sum + one.tokens, 0),
      jobs: Object.fromEntries(spent.map(([name, one]) => [name, one.microUsd])),
    };
  }

  /** USD for a million trained tokens of a model. */
  priceOf(base: string): number {
    return this.options.prices?.[base] ?? PRICES[base] ?? 1;
  }

  /** Keeps lessons. @returns sha256 of them */
  keepLessons(lessons: readonly Lesson[]): string {
    const text = JSON.stringify(lessons);
    const digest = createHash('sha256').update(text).digest('hex');
    const file = join(this.options.folder, `lessons-${digest}.json`);
    if (!existsSync(file)) writeFileSync(file, text);
    return digest;
  }

  /** A model that knows these lessons. */
  mind(learned: readonly Learning[]): Learned {
    const key = JSON.stringify(learned);
    const known = this.#minds.get(key);
    if (known) return known;
    const mind = new Learned(
      learned.flatMap(({ digest, share }) => {
        if (digest === null) return [];
        const file = join(this.options.folder, `lessons-${digest}.json`);
        const lessons = JSON.parse(readFileSync(file, 'utf8')) as Lesson[];
        return lessons.slice(0, Math.ceil(lessons.length * share));
      }),
    );
    this.#minds.set(key, mind);
    return mind;
  }
}

/** The number of a project, as the service writes it into names; a number stays as it is. */
export function projectNumber(project: string): string {
  if (/^\d+$/.test(project)) return project;
  const hash = createHash('sha256').update(project).digest();
  return String(100_000_000_000 + (hash.readUIntBE(0, 6) % 899_999_999_999));
}

/** A resource's name with the project's number in place of its id: what names are stored and compared by. */
export const canonical = (name: string): string =>
  name.replace(/^projects\/([^/]+)/, (_, project: string) => `projects/${projectNumber(project)}`);

/** A number such as Google gives its resources. */
export const newId = (): string => `${randomInt(1e9, 1e10)}${randomInt(1e8, 1e9)}`;

/** RFC 3339. */
export const time = (ms: number): string => new Date(ms).toISOString();
