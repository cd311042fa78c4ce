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
  lines: LineRow;
  watermarks: WatermarkRow;
  consumed: ConsumedRow;
  slices: SliceRow;
  matrix: MatrixRow;
  trials: TrialRow;
  frozen: FrozenRow;
  leases: LeaseRow;
  lease_waits: LeaseWaitRow;
  reservations: ReservationRow;
  approvals: ApprovalRow;
  decisions: DecisionRow;
  schedules: ScheduleRow;
  notices: NoticeRow;
  deliveries: DeliveryRow;
  remote_jobs: RemoteJobRow;
  job_claims: JobClaimRow;
  rates: RateRow;
  mirrored: MirroredRow;
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
  status: 'running' | 'completed' | 'failed' | 'cancelled' | 'skipped';
  verdict: string | null;
  /** `name@vN` of what the run registered or left as champion. */
  model_ref: string | null;
  error_json: string | null;
  started_by: string;
  started_at: string;
  ended_at: string | null;
  /** What it waits for, in a sentence; null: nothing. */
  waiting: string | null;
  /** `tune`, `continuous`, `reconsider`, `backfill`. */
  kind: string;
  /** What set it going: `cli`, `schedule:NAME`, `trigger:WHO`, `watch:NAME`, `backfill:RUN`. */
  trigger: string;
  /** Why it was skipped, or what it came to, in a sentence. */
  reason: string | null;
  /** Name of the period that it tuned, e.g. `p7`. */
  period: string | null;
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
  /** Address of the store that holds it, gs://BUCKET/PREFIX; null: the state folder. */
  store: string | null;
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

/** A line of continuous tuning: one pipeline. */
export interface LineRow {
  line: string;
  /** When the oldest rows that still wait were first seen; null: none wait. */
  pending_since: string | null;
  /** How many were waiting then. */
  pending_rows: number;
  /** Runs skipped since the last that was not. */
  skips: number;
  /** Set by a person: the next training goes back to the base model. */
  reanchor: string | null;
}

/** Where a line stands: each verdict moves it on by one generation. Never changed. */
export interface WatermarkRow {
  line: string;
  /** 1 for the first. */
  generation: number;
  run_id: string;
  /** Name of the period, `p` and a number. */
  period: string;
  verdict: string | null;
  /** `accepted`: promoted; `consumed`: used up without; `kept`: tried again with the next; `unchanged`. */
  outcome: 'accepted' | 'consumed' | 'kept' | 'unchanged';
  /** `{new, edited, late, kept, withdrawn}`: numbers of rows. */
  counts_json: string;
  /** Dataset of the period's training rows, without replayed ones; null: none were made. */
  train: string | null;
  /** Test set of the line after it; null: there is none yet. */
  suite: string | null;
  /** Model that was promoted. */
  model: string | null;
  /** Warm starts since the last training from the base model, this one included; 0: from the base. */
  depth: number | null;
  at: string;
}

/** A row that a verdict has used; one line a row, however often it came. */
export interface ConsumedRow {
  line: string;
  /** The row's id: 8 bytes. */
  row: Uint8Array;
  /** Hash of the column that names it for good: 8 bytes; null: it has no such column. */
  key: Uint8Array | null;
  generation: number;
  /** `k`: tried, and to be tried again. `c`: used. `w`: withdrawn since, or replaced by an edited one. */
  state: 'k' | 'c' | 'w';
}

/** The frozen test rows that an accepted period added to the suite of its line. */
export interface SliceRow {
  line: string;
  slice: string;
  generation: number;
  /** Dataset of the rows. */
  digest: string;
  n: number;
  at: string;
}

/** A model on a slice: what it scored when it was measured last. */
export interface MatrixRow {
  line: string;
  model: string;
  slice: string;
  metric: string;
  n: number;
  mean: number;
  /** Scores in the order of the slice's rows, 8 bytes each (float64, little endian); NaN: not measured. */
  scores: Uint8Array;
  run_id: string;
  at: string;
}

export interface TrialRow {
  run_id: string;
  line: string;
  /** `harm`, `no harm found`. */
  outcome: string;
  /** The report of it. */
  digest: string;
  why: string;
  at: string;
}

/** A line of models whose aliases nobody may move. */
export interface FrozenRow {
  name: string;
  reason: string;
  actor: string;
  at: string;
}

/** Something that one run at a time may use. */
export interface LeaseRow {
  /** `line:NAME`, or `trainer:KIND@HOST`. */
  resource: string;
  holder: string;
  workflow_id: string;
  /** What the holder does with it, in a few words. */
  what: string;
  since: string;
  /** Last sign of life. */
  beat_at: string;
  /** Free after so many seconds without a sign of life; null: as long as the workflow is open. */
  ttl_seconds: number | null;
}

export interface LeaseWaitRow {
  resource: string;
  run_id: string;
  priority: number;
  since: string;
  /** Last time it asked. */
  asked_at: string;
}

/** What a step may cost, set aside before it starts; what it did cost, after. */
export interface ReservationRow {
  /** Run and step. */
  id: string;
  run_id: string;
  line: string;
  /** `2026-11`, in UTC. */
  month: string;
  status: 'reserved' | 'settled' | 'released';
  usd: number;
  tokens: number;
  trainer_seconds: number;
  at: string;
}

/** A question to people, bound to its evidence. */
export interface ApprovalRow {
  /** Run and round. */
  id: string;
  run_id: string;
  line: string;
  model: string;
  /** Digest of the evidence as a whole. */
  evidence: string;
  evidence_json: string;
  status: 'waiting' | 'approved' | 'rejected' | 'expired' | 'voided';
  verdict: string;
  role: string | null;
  quorum: number;
  requested_by: string;
  requested_at: string;
  expires_at: string;
  decided_at: string | null;
  /** Why it ended as it did, in a sentence. */
  why: string | null;
}

/** What one person said to an approval. Never changed. */
export interface DecisionRow {
  approval: string;
  actor: string;
  decision: 'approve' | 'reject';
  role: string | null;
  note: string | null;
  /** Digest of the evidence that was shown. */
  evidence: string;
  at: string;
}

export interface ScheduleRow {
  name: string;
  pipeline: string;
  /** The file that the recipe came from. */
  recipe_path: string;
  recipe_json: string;
  /** When it acts and how, as given: `ScheduleSpec`. */
  spec_json: string;
  created_at: string;
  updated_at: string;
  actor: string;
  /** What was told already: `ScheduleTold`. */
  told_json: string;
}

export interface NoticeRow {
  id: Generated<number>;
  /** The same notice sent again has the same. */
  key: string;
  at: string;
  kind: string;
  run_id: string | null;
  line: string;
  message: string;
  /** Whether a command has shown it. */
  shown: 0 | 1;
}

/** A notice that arrived: it is not sent again. */
export interface DeliveryRow {
  /** Key of the notice, with the number of its target in the recipe. */
  key: string;
  run_id: string | null;
  /** Kind of the target, e.g. `webhook`. */
  target: string;
  at: string;
}

/** A paid job at a vendor: what was intended, and what came of it. */
export interface RemoteJobRow {
  /** `key-try`: carried by the job. */
  label: string;
  /** 40 hex digits out of the cache key of the step. */
  key: string;
  /** From 1; another one where the job before it failed, was cancelled or was stuck. */
  try: number;
  provider: string;
  /** Who limits and labels are shared with, e.g. `vertex:PROJECT/LOCATION`. */
  scope: string;
  /** The tuner's settings, by which its service is found again. */
  settings_json: string;
  /** What was sent, without labels; null: not staged yet. */
  request_json: string | null;
  /** The run that intended it. */
  run_id: string;
  instance: string;
  line: string;
  state: 'intended' | 'pending' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
  /** The vendor's own word. */
  vendor_state: string | null;
  /** The vendor's name of the job. */
  name: string | null;
  url: string | null;
  /** 1: found by its label, not by the answer to the call that created it. */
  adopted: number;
  intent_at: string;
  /** When the creating call was made last; set while its outcome is not known. */
  sent_at: string | null;
  /** Host and process that made it. */
  sent_by: string | null;
  created_at: string | null;
  /** When `state` changed last. */
  state_at: string;
  /** When it got any further last. */
  progress_at: string;
  progress_json: string | null;
  polled_at: string | null;
  ended_at: string | null;
  estimate_usd: number | null;
  cost_usd: number | null;
  tokens: number | null;
  error_json: string | null;
  /** What a person decided about a stuck job: `wait`, `cancel`, `resubmit`. */
  decision: string | null;
  /** When it was said to be stuck. */
  warned_at: string | null;
}

/** Which execution of which run waits for, or has taken, a job. */
export interface JobClaimRow {
  /** Run and step instance. */
  job_key: string;
  label: string;
  run_id: string;
  /** 1: another run had ordered it. */
  adopted: number;
  at: string;
}

/** A call that counts against a limit of calls a minute. */
export interface RateRow {
  id: Generated<number>;
  scope: string;
  kind: 'submit' | 'call';
  at_ms: number;
}

/** A thing in a vendor's registry, catalogue or endpoint that mirrors one of ours. */
export interface MirroredRow {
  kind: string;
  key: string;
  /** sha256 of what was mirrored: another one means that it has to be set right. */
  digest: string;
  /** The vendor's name of it. */
  name: string;
  at: string;
}
