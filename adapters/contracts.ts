import type { RecordedError } from '../artifacts/ledger/runs.ts';
import type { JobProgress } from '../configs/progress.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { Notice } from '../configs/notice.ts';
import type { Budget } from '../configs/refs.ts';
import type { RemoteModel } from '../configs/remote-model.ts';

/** What the outside world has to offer; one file for each kind of tuner or generator keeps to these shapes. */

export type JobState =
  | { state: 'running'; progress?: JobProgress | undefined }
  | { state: 'succeeded' }
  | { state: 'failed'; error: RecordedError }
  | { state: 'cancelled' };

/** A training order. Folders and files are local, checked copies out of the store. */
export interface TuneOrder {
  /** Base model folder, or the file that names a remote one (`RemoteModel`). */
  base: string;
  /** Prepared training rows, JSONL. */
  train: string;
  /**
   * Folder of an earlier tuned model that training starts from: of the adapter, or of the whole model for `full`.
   * Optimizer and schedule are fresh. The job fails with `StartMismatch` when it does not fit base and settings.
   */
  start?: string | undefined;
  settings: TuneSettings;
  /** Line of models, by which a vendor names what it makes. */
  line?: string | undefined;
}

/** Settings of a training: those of the recipe, and where a vendor finds what it needs. */
export type TuneSettings = Recipe['tune'] & {
  /** Where rows for a vendor are put; the store of the run. */
  store?: string | undefined;
  google?: Recipe['google'];
  /** Share of rows that a vendor may leave out or cut. */
  maxBadShare?: number | undefined;
};

/** What a paid training is known by. */
export interface PaidOrder {
  /** sha256 of what the result depends on: the same key is never paid twice. */
  cacheKey: string;
  /** The run wants a training of its own: an earlier job of the same key is not taken for it. */
  isForced: boolean;
  line: string;
  instance: string;
}

export interface TuneResult {
  /** Folder with the adapter, with the whole model for `full`, or with the file that names it for `remote`. */
  folder: string;
  kind: 'adapter' | 'full' | 'remote';
  /** Optimizer steps done; 0 is a failure, undefined: the vendor does not say. */
  steps?: number | undefined;
  finalLoss?: number | undefined;
  trainedTokens: number;
  /** Rows that were longer than `maxTokens`, or that the vendor left out. */
  droppedCount: number;
  /** Rows of which the vendor cut off the end. */
  truncatedCount?: number | undefined;
  /** The vendor's reasons for rows that were left out; untrusted. */
  droppedReasons?: string[] | undefined;
  /** Rows that were given to train on; undefined: all. */
  rows?: number | undefined;
  seconds: number;
  /** How rows became tokens; undefined: the vendor does not say. */
  chatTemplateSha256?: string | undefined;
  tokenizerSha256?: string | undefined;
  /** Step and loss, oldest first. */
  curve: { step: number; loss: number }[];
  device: string;
  /** What it cost beside the training itself, e.g. asking checkpoints, in US dollars. */
  usd?: number | undefined;
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
  identity(settings?: TuneSettings): Promise<Record<string, string>>;
  /** Settings that the result depends on; left out: all but the price. */
  keyed?(settings: TuneSettings): unknown;
  submit(key: string, order: TuneOrder, run: string, paid?: PaidOrder): Promise<void>;
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
  /** How often a job is asked after, in ms, by an activity of its own each time; left out: one activity watches it. */
  pollEveryMs?: number | undefined;
  /** Names base models in a vendor's words; left out: they lie on this machine. */
  baseOf?(name: string, settings: TuneSettings): RemoteModel;
  /** How many times each row will be learned and billed, at least about; left out: `iterations` times `batchSize` rows are. */
  passes?(settings: TuneSettings): number;
  /** Where a job is, in the vendor's words, for people and the lineage. */
  describe?(key: string): Promise<{ name: string; adopted: boolean; usd?: number | undefined } | undefined>;
  /** The setting by which an earlier model of this tuner cannot be gone on from under these; undefined: it can. */
  misfit?(start: string, settings: TuneSettings): Promise<string | undefined>;
}

/** A job at a vendor, as its service shows it now. Texts are the vendor's: untrusted, and short. */
export interface RemoteJob {
  /** Name by which the service knows it. */
  name: string;
  /** Labels or metadata that it carries; empty where the service has none. */
  labels: Readonly<Record<string, string>>;
  state: 'pending' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
  /** The vendor's own word for it, e.g. JOB_STATE_PENDING. */
  vendorState: string;
  /** ISO 8601. */
  createdAt?: string | undefined;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  progress?: JobProgress | undefined;
  error?: RecordedError | undefined;
  /** Page that shows it to a person. */
  url?: string | undefined;
  /** What the service said, whole, for `collect`. */
  raw?: unknown;
}

/**
 * Jobs at a vendor. No method repeats a call that creates something. Failures are TerminalErrors (refused for good: a
 * sentence with what to do) or `RemoteFailure`s (adapters/remote/failure.ts).
 */
export interface JobService {
  /** How long `create` may take, in ms; default a minute. */
  createTimeoutMs?: number | undefined;
  /** Who limits and labels are shared with: `vertex:PROJECT/LOCATION`, `openai:HOST`. */
  scope: string;
  limits: { submitsPerMinute: number; callsPerMinute: number };
  /** Jobs that carry the label `anneal_key` with this value (undefined: with any), by the server's filter and by ours, all pages. */
  find(key: string | undefined, signal: AbortSignal): Promise<RemoteJob[]>;
  /** Creates a job; never tries again. */
  create(request: unknown, labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RemoteJob>;
  get(name: string, signal: AbortSignal): Promise<RemoteJob>;
  /** An ended job stays as it is. @throws TerminalError `CannotCancel` where the service has no cancel. */
  cancel(name: string, signal: AbortSignal): Promise<void>;
}

/** A training service: jobs, and what goes into and comes out of them. */
export interface TuningService extends JobService {
  /** Everything that can be known to be wrong before money is spent. @throws TerminalError */
  check(order: TuneOrder): Promise<void>;
  /** Puts rows where the vendor reads them, and says what `create` is given; doing it again changes nothing. */
  stage(order: TuneOrder, label: string, signal: AbortSignal): Promise<unknown>;
  /**
   * What a succeeded job made, written into a folder.
   *
   * @param order `kept` is a folder for what is paid for on the way, the same for every run that takes the job.
   */
  collect(
    job: RemoteJob,
    order: { request: unknown; folder: string; kept: string },
    signal: AbortSignal,
  ): Promise<TuneResult>;
  /** US dollars for a million tokens trained on a base model; undefined: nobody sends a bill. @throws UnknownPrice */
  price?(base: string): number | undefined;
  /** Tokens that will be paid. */
  tokens?(order: TuneOrder): Promise<number>;
}

/** A kind of training service, opened with the settings of a recipe. */
export interface TuningKind {
  provider: string;
  /** Asks of a job are so far apart, in ms. */
  pollEveryMs: number;
  identity(settings: TuneSettings): Promise<Record<string, string>>;
  keyed(settings: TuneSettings): unknown;
  /** How many times each row will be learned; where the service chooses, what it is likely to choose. */
  passes?(settings: TuneSettings): number;
  baseOf(name: string, settings: TuneSettings): RemoteModel;
  open(settings: TuneSettings): Promise<TuningService>;
}

export interface GenerateOrder {
  /** Base model folder, the whole tuned model, or the file that names a remote one (`RemoteModel`). */
  base: string;
  adapter?: string | undefined;
  /** Prepared test rows, JSONL. */
  prompts: string;
  decoding: Recipe['evaluate']['decoding'];
  /** Prompts answered side by side, or asked at the same time. */
  batchSize: number;
  /** Where Google is asked, as the recipe says. */
  google?: Recipe['google'];
  /** The store of the run, where a vendor can read and write files. */
  store?: string | undefined;
  /** Prompts above which a vendor is asked by one job, if it can. */
  batchAbove?: number | undefined;
  /** What a vendor bills, where the shipped table does not know it. */
  price?: Recipe['evaluate']['price'];
  /** What the answers of a vendor may cost. @throws TerminalError `BudgetReached` before it could be more */
  budget?: Budget | undefined;
}

export interface GenerateResult {
  /** JSONL, in the order of the prompts: `id`, `text` (null: no answer came), `promptTokens`, `completionTokens`. */
  predictions: string;
  /** JSONL with `id` and `seconds`, for what was timed; apart, since no two runs take the same time. */
  timings?: string;
  promptTokens: number;
  completionTokens: number;
  seconds: number;
  /** How prompts became tokens; undefined: the vendor does not say. */
  chatTemplateSha256?: string | undefined;
  tokenizerSha256?: string | undefined;
  /** US dollars that the answers cost; undefined: nobody sends a bill. */
  usd?: number | undefined;
  /** Prompts that a vendor gave no answer to. */
  unanswered?: number | undefined;
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
  /**
   * @param watch `sending` is awaited once, after waiting for its turn and right before the request leaves; it is told
   * how many tokens the reply may take for thoughts, beyond `maxTokens`.
   */
  ask(
    request: WriterRequest,
    watch: { signal: AbortSignal; sending?(thinks?: number): Promise<void> },
  ): Promise<WriterReply>;
  /** Lets go of what it started. */
  close?(): Promise<void>;
}

/** A kind of generator that is asked in words. */
export interface WriterKind<Settings> {
  /** Work that takes the whole machine waits in the queue of training. */
  queue: 'control' | 'train';
  /** The stored model it needs, as the recipe names it; undefined: none. */
  modelOf(settings: Settings): string | undefined;
  /** It asks stored models that lie at a vendor, and none of this machine. */
  isRemote?: true;
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
