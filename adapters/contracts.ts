import type { RecordedError } from '../artifacts/ledger/runs.ts';
import type { JobProgress } from '../configs/progress.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { Notice } from '../configs/notice.ts';

/** What the outside world has to offer; one file for each kind of tuner or generator keeps to these shapes. */

export type JobState =
  | { state: 'running'; progress?: JobProgress | undefined }
  | { state: 'succeeded' }
  | { state: 'failed'; error: RecordedError }
  | { state: 'cancelled' };

/** A training order. Folders and files are local, checked copies out of the store. */
export interface TuneOrder {
  /** Base model folder. */
  base: string;
  /** Prepared training rows, JSONL. */
  train: string;
  /**
   * Folder of an earlier tuned model that training starts from: of the adapter, or of the whole model for `full`.
   * Optimizer and schedule are fresh. The job fails with `StartMismatch` when it does not fit base and settings.
   */
  start?: string | undefined;
  settings: Recipe['tune'];
}

export interface TuneResult {
  /** Folder with the adapter, or with the whole model for `full`. */
  folder: string;
  kind: 'adapter' | 'full';
  /** Optimizer steps done; 0 is a failure. */
  steps: number;
  finalLoss: number;
  trainedTokens: number;
  /** Rows that were longer than `maxTokens` and were left out. */
  droppedCount: number;
  seconds: number;
  chatTemplateSha256: string;
  tokenizerSha256: string;
  /** Step and loss, oldest first. */
  curve: { step: number; loss: number }[];
  device: string;
  /** Where the best checkpoint was chosen: rows held out, the loss on them, and the step that was taken. */
  devRows?: number | undefined;
  dev?: { step: number; loss: number }[] | undefined;
  bestStep?: number | undefined;
}

/**
 * A trainer, here or far away. `submit` is idempotent under its key: a second call with the same key finds
 * the job of the first, finished or not, and never starts another beside it. A job under that key that starts from
 * another model is not taken for it: TerminalError `StartMismatch`.
 */
export interface Tuner {
  /** Names and versions that the result depends on; they become parts of the cache key. */
  identity(): Promise<Record<string, string>>;
  submit(key: string, order: TuneOrder, run: string): Promise<void>;
  /** @throws when the state cannot be read now; asked again later. */
  poll(key: string): Promise<JobState>;
  collect(key: string): Promise<TuneResult>;
  /** Stops the job and everything it started; a job that has ended stays as it is. */
  cancel(key: string): Promise<void>;
  /** Lets go of what only an unfinished job needs. */
  release(key: string): Promise<void>;
  /** Text a person reads when a job failed. */
  log(key: string): Promise<string>;
  /** What trainings take turns at, and how many may be under way at the same time; left out: any number. */
  slots?(): Promise<{ resource: string; slots: number }>;
  /** Stops the work of a job for now; the next `poll` takes it up again where it was. Left out: it cannot be. */
  pause?(key: string): Promise<void>;
  /** Runs on this machine: nobody sends a bill. */
  isHere?: boolean;
  /** The setting by which an earlier model of this tuner cannot be gone on from under these; undefined: it can. */
  misfit?(start: string, settings: Recipe['tune']): Promise<string | undefined>;
}

export interface GenerateOrder {
  /** Base model folder, or the whole tuned model. */
  base: string;
  adapter?: string | undefined;
  /** Prepared test rows, JSONL. */
  prompts: string;
  decoding: Recipe['evaluate']['decoding'];
  batchSize: number;
}

export interface GenerateResult {
  /** JSONL, in the order of the prompts: `id`, `text` (null: no answer came), `promptTokens`, `completionTokens`. */
  predictions: string;
  /** JSONL with `id` and `seconds`, for what was timed; apart, since no two runs take the same time. */
  timings?: string;
  promptTokens: number;
  completionTokens: number;
  seconds: number;
  chatTemplateSha256: string;
  tokenizerSha256: string;
}

/** Who answers prompts. `generate` goes on where an interrupted call with the same key stopped. */
export interface Generator {
  identity(): Promise<Record<string, string>>;
  generate(
    key: string,
    order: GenerateOrder,
    run: string,
    watch: { signal: AbortSignal; progress(p: JobProgress): void },
  ): Promise<GenerateResult>;
}

/** Where a base model lies on this machine. */
export interface BaseModel {
  folder: string;
  /** Names of the files in it that make the model; what else lies there (cards, other formats) is no part of it. */
  files: string[];
  /** Commit of a Hugging Face snapshot. */
  revision?: string | undefined;
}

/** Finds base models by folder or name. */
export interface Models {
  resolve(base: string, revision: string | undefined, run: string, watch: { signal: AbortSignal }): Promise<BaseModel>;
}

/** One message to a writer; `content` is text, or parts as in the OpenAI chat form. */
export interface WriterMessage {
  role: string;
  content: string | readonly unknown[] | null;
  name?: string | undefined;
}

/** One question that is answered with one text. */
export interface WriterRequest {
  messages: readonly WriterMessage[];
  /** JSON Schema of the answer; a writer that cannot enforce it asks for it in words. */
  schema?: Record<string, unknown> | undefined;
  seed: number;
  /** 0 and more; 0: always the likeliest word. */
  temperature: number;
  /** Above 0, at most 1. */
  topP: number;
  maxTokens: number;
}

/** How an answer was kept to its schema: by the server, only to be JSON, by words in the prompt, or it had none. */
export type Structure = 'json_schema' | 'json_object' | 'words' | 'free';

export interface WriterReply {
  /** Untrusted; empty when refused. */
  text: string;
  /** `length`: cut off at `maxTokens`. `refused`: there is no text, `refusal` says why. */
  finish: 'stop' | 'length' | 'refused';
  refusal?: string | undefined;
  promptTokens: number;
  completionTokens: number;
  /** False: the writer did not count, the two numbers are estimates. */
  tokensAreReported: boolean;
  structure: Structure;
  /** Parameters of the request that the writer does not take and that were left out, e.g. `seed`. */
  omitted: string[];
  /** Model and reply id in the writer's own words. */
  model?: string | undefined;
  id?: string | undefined;
  /** sha256 of the reply as it came. */
  digest: string;
  seconds: number;
}

/**
 * Who answers single questions, for synthesis. Asking may cost money: a writer never asks again by itself, except
 * after a reply that says it was not worked on. What it throws:
 * - TerminalError: trying again cannot mend it; nothing was paid.
 * - `RetryAfter`: not now; nothing was paid.
 * - `AskFailed`: no usable reply came; it says whether it may have been paid.
 */
export interface Writer {
  /** Names and versions that its answers depend on. */
  identity(): Promise<Record<string, string>>;
  /** @param watch `sending` is awaited once, after waiting for its turn and right before the request leaves. */
  ask(request: WriterRequest, watch: { signal: AbortSignal; sending?(): Promise<void> }): Promise<WriterReply>;
  /** Lets go of what it started. */
  close?(): Promise<void>;
}

/** A kind of generator that is asked in words. */
export interface WriterKind<Settings> {
  /** Work that takes the whole machine waits in the queue of training. */
  queue: 'control' | 'train';
  /** The model it needs on this machine, as the recipe names it; undefined: none. */
  modelOf(settings: Settings): string | undefined;
  /** US dollars for a million tokens asked and answered; undefined: not known. Free only what runs here. */
  priceOf(settings: Settings): { inputPerMillion: number; outputPerMillion: number } | undefined;
  create(settings: Settings, place: { run: string; base?: string; adapter?: string | undefined }): Writer;
}

/** Who turns texts into vectors, all of one length; equal texts have equal vectors. */
export interface Embedder {
  /** Names and versions that its vectors depend on. */
  identity(): Promise<Record<string, string>>;
  /** One vector a text, in their order. */
  embed(texts: readonly string[], signal: AbortSignal): Promise<number[][]>;
}

/** Tells people or programs something. */
export interface Notifier {
  /**
   * @param key The same for every attempt at one notice; what has arrived under it should not arrive again.
   * @throws TerminalError when trying again cannot help; any other error is tried again. Neither holds a secret.
   */
  send(notice: Notice, key: string): Promise<void>;
}
