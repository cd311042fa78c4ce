import type { ColumnType, Generated } from 'kysely';

/** The ledger's tables. Times are ISO 8601 in UTC; columns that end in `_json` hold JSON text. */
export interface Tables {
  runs: RunRow;
  executions: ExecutionRow;
  edges: EdgeRow;
  artifacts: ArtifactRow;
  events: EventRow;
  versions: VersionRow;
  aliases: AliasRow;
  audit: AuditRow;
  replies: ReplyRow;
  datasets: DatasetRow;
  answers: AnswersRow;
  looks: LookRow;
  calibrations: CalibrationRow;
  retired_judges: RetiredJudgeRow;
}

export interface RunRow {
  id: string;
  pipeline: string;
  /** Name of the model line the run registers under. */
  model: string;
  recipe_json: string;
  options_json: string;
  workflow_id: string;
  temporal_run_id: string | null;
  status: 'running' | 'completed' | 'failed' | 'cancelled';
  verdict: string | null;
  /** `name@vN` of what the run registered or left as champion. */
  model_ref: string | null;
  error_json: string | null;
  started_by: string;
  started_at: string;
  ended_at: string | null;
  /** What it waits for, in a sentence; null: nothing. */
  waiting: string | null;
}

export interface ExecutionRow {
  id: string;
  run_id: string;
  /** Unique within the run: the step's name, or `evaluate#2` for a second round. */
  instance: string;
  step: string;
  step_version: string;
  /** sha256 over the named parts; null until they are known. */
  cache_key: string | null;
  parts_json: string | null;
  status: 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped';
  attempt: number;
  /** The execution whose outputs were taken over. */
  cached_from: string | null;
  /** Why it was skipped, kept, or made again. */
  reason: string | null;
  worker: string;
  /** Long work under way: `{state}` is `waiting` until a worker attends to it, then `running`. */
  job_json: string | null;
  progress_json: string | null;
  metrics_json: string;
  facts_json: string;
  cost_json: string;
  error_json: string | null;
  started_at: string;
  ended_at: string | null;
}

export interface EdgeRow {
  execution_id: string;
  direction: 'in' | 'out';
  role: string;
  digest: string;
}

export interface ArtifactRow {
  digest: string;
  type: string;
  bytes: number;
  files: number;
  meta_json: string;
  created_at: string;
}

export interface EventRow {
  id: Generated<number>;
  run_id: string;
  instance: string;
  at: string;
  kind: string;
  message: string;
}

export interface VersionRow {
  name: string;
  version: number;
  digest: string;
  run_id: string;
  execution_id: string;
  verdict: string;
  /** Digest of the model card. */
  card: string;
  created_at: string;
}

export interface AliasRow {
  name: string;
  alias: string;
  version: number;
  updated_at: string;
}

/** One move of an alias, or a new version: who, when, from, to, why. Never changed. */
export interface AuditRow {
  id: Generated<number>;
  at: string;
  actor: string;
  action: string;
  name: string;
  alias: string | null;
  from_version: ColumnType<number | null, number | null, never>;
  to_version: ColumnType<number | null, number | null, never>;
  why: string;
  run_id: string | null;
}

/** One ask of a generator and its reply, kept for ever: it was paid for. */
export interface ReplyRow {
  /** Equal asks have equal keys. */
  key: string;
  /** The run that paid. */
  run_id: string;
  generator: string;
  status: 'asked' | 'answered';
  /** Requests that were paid or may have been; those that the server turned down are taken off again. */
  times_asked: number;
  /** What one request may cost at most; counts for every request whose outcome is not known. */
  estimated_tokens: number;
  estimated_usd: number | null;
  asked_at: string;
  answered_at: string | null;
  reply_json: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  /** Null while there is no reply, and where there is no price. */
  usd: number | null;
  /** How the last request ended, when not with a reply. */
  error: string | null;
}

/** A dataset under a name: a version for each different content. */
export interface DatasetRow {
  name: string;
  version: number;
  digest: string;
  kind: string;
  rows: number;
  created_at: string;
  actor: string;
  run_id: string | null;
}

/** Answers of a model to a test set, under everything that they depend on: scored anew, they need not be made anew. */
export interface AnswersRow {
  key: string;
  /** Digest of the Predictions. */
  predictions: string;
  timings: string | null;
  /** Template, tokens and seconds, as the generator said them. */
  facts_json: string;
  run_id: string;
  created_at: string;
}

/** A gate that has looked at a test set. The same comparison on the same metrics is one look, however often. */
export interface LookRow {
  id: string;
  /** 1 for the first on these rows. */
  number: number;
  test: string;
  /** Which part of the test set: `main`, or `confirm` for rows that were kept back. */
  rows: string;
  metrics: string;
  candidate: string;
  champion: string;
  /** The execution, or the command, that looked. */
  looked_by: string;
  at: string;
}

/** A comparison of a judge with people; the whole of it is an artifact. */
export interface CalibrationRow {
  digest: string;
  /** Digest of the judge. */
  judge: string;
  passed: 0 | 1;
  /** Items with labels and a verdict. */
  n: number;
  kappa: number | null;
  made_at: string;
  expires_at: string;
  actor: string;
}

/** A judge that decides nothing any more. */
export interface RetiredJudgeRow {
  judge: string;
  at: string;
  actor: string;
  why: string;
}
