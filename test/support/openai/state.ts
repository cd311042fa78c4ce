import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createsIn, moneyIn, type Spent } from '../counted.ts';
import type { Fate } from '../google/faults.ts';
import { Journal } from '../google/journal.ts';
import { Lessons, type Learning } from '../lessons.ts';

/** What a server may lack of the protocol. */
export type Lack = 'metadata' | 'metadataFilter' | 'cancel' | 'fields' | 'events' | 'checkpoints' | 'models';

/** What known servers lack, after their sources. */
export const LACKS = {
  full: [],
  llamastack: ['metadataFilter'],
  /** Its create answers no more than `{id, status}`. */
  arbor: ['metadata', 'metadataFilter', 'cancel', 'fields', 'events', 'checkpoints'],
} as const satisfies Record<string, readonly Lack[]>;

/** How the pretended service behaves. */
export interface OpenAiOptions {
  /** Holds all that has to outlive the process. */
  folder: string;
  /** The first half `validating_files`, the second `queued`, in ms. @default 0 */
  pendingMs?: number;
  /** @default 0 */
  runningMs?: number;
  /** A job of so many epochs runs for ever. */
  foreverEpochs?: number;
  /** Which server it is like. @default full */
  tolerance?: keyof typeof LACKS;
  /** What it lacks besides. */
  lacks?: Lack[];
  /** Models that can be tuned. */
  models?: string[];
  /** USD for a million trained tokens, by model. */
  prices?: Record<string, number>;
  /** Most jobs under way at once. */
  concurrentJobs?: number;
  /** Fewest examples of a training file. @default 10 */
  minExamples?: number;
}

/** A job with what the service does not tell. */
export interface StoredJob {
  id: string;
  createdAt: number;
  pendingMs: number;
  runningMs: number;
  model: string;
  suffix: string | null;
  metadata: Record<string, string> | null;
  trainingFile: string;
  validationFile: string | null;
  method: { type: 'supervised' | 'dpo'; [name: string]: unknown };
  seed: number;
  epochs: number;
  tokens: number;
  rows: number;
  /** What the model it goes on from knows, then the job's own lessons. */
  learned: Learning[];
  fate?: Fate;
  failure?: { code: string; message: string; param: string | null };
  cancelledAt?: number;
}

/** A tuned model or a checkpoint of one. */
export interface StoredModel {
  id: string;
  base: string;
  createdAt: number;
  learned: Learning[];
}

/** A file that was sent. */
export interface StoredFile {
  id: string;
  object: 'file';
  bytes: number;
  created_at: number;
  filename: string;
  purpose: string;
  status: string;
}

/** Models that can be tuned, where the options say nothing. */
const MODELS = ['gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano'].flatMap((name) => [name, `${name}-2025-04-14`]);

/** USD for a million trained tokens. */
const PRICES: Record<string, number> = { 'gpt-4.1': 25, 'gpt-4.1-mini': 5, 'gpt-4.1-nano': 1.5 };

/** A pretended account: its files, jobs and models, what was created and what it cost. */
export class OpenAiState {
  readonly options: OpenAiOptions;
  readonly journal: Journal;
  readonly lessons: Lessons;

  constructor(options: OpenAiOptions) {
    this.options = { ...options };
    this.journal = new Journal(options.folder, 'openai.jsonl');
    this.lessons = new Lessons(options.folder);
    mkdirSync(join(options.folder, 'files'), { recursive: true });
  }

  lacks(what: Lack): boolean {
    const { tolerance = 'full', lacks = [] } = this.options;
    return [...(LACKS[tolerance] as readonly Lack[]), ...lacks].includes(what);
  }

  /** Models that can be tuned. */
  bases(): string[] {
    return this.options.models ?? MODELS;
  }

  priceOf(model: string): number {
    const name = model.replace(/-\d{4}-\d\d-\d\d$/, '');
    return this.options.prices?.[model] ?? this.options.prices?.[name] ?? PRICES[name] ?? 1;
  }

  /** Creates by `anneal_key/anneal_try`. */
  creates(): Record<string, number> {
    return createsIn(this.journal);
  }

  /** What was spent. */
  money(): Spent {
    return moneyIn(this.journal);
  }

  /** Path of a file's content. */
  path(id: string): string {
    return join(this.options.folder, 'files', id);
  }

  removeFile(id: string): void {
    this.journal.remove('files', id);
    rmSync(this.path(id), { force: true });
  }
}

/** An error as OpenAI's service writes it. */
export class ApiError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;

  constructor(
    status: number,
    message: string,
    { param = null, code = null }: { param?: string | null; code?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
  }

  body(): object {
    const type = this.code === 'insufficient_quota' ? this.code : (TYPES[this.status] ?? 'invalid_request_error');
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}

const TYPES: Record<number, string> = {
  429: 'requests',
  500: 'server_error',
  503: 'server_error',
  504: 'server_error',
};
