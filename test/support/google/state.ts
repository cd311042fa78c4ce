import { createHash, randomInt } from 'node:crypto';
import { createsIn, moneyIn, type Spent } from '../counted.ts';
import { Lessons, type Learning } from '../lessons.ts';
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
  /** A job of so many epochs runs for ever. */
  foreverEpochs?: number;
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
  /** Most jobs submitted in a minute. */
  submitsPerMinute?: number;
  /** Most calls in a minute. */
  callsPerMinute?: number;
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
  readonly lessons: Lessons;
  #grpc?: Journal;

  constructor(options: StateOptions) {
    this.options = { ...options };
    this.journal = new Journal(options.folder);
    this.lessons = new Lessons(options.folder);
    this.objects = options.gcs ? objectsAt(options.gcs) : undefined;
  }

  /** What the gRPC server that shares the folder keeps for itself. */
  get grpc(): Journal {
    return (this.#grpc ??= new Journal(this.options.folder, 'grpc.jsonl'));
  }

  /** Creates by `anneal_key/anneal_try`. */
  creates(): Record<string, number> {
    return createsIn(this.journal);
  }

  /** What was spent. */
  money(): Spent {
    return moneyIn(this.journal);
  }

  /** USD for a million trained tokens of a model. */
  priceOf(base: string): number {
    return this.options.prices?.[base] ?? PRICES[base] ?? 1;
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
