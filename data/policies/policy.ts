import type { Row } from '../row.ts';

/** What a policy does with a row; undefined keeps it as it is. */
export type Decision =
  | undefined
  /** Kept; worth counting under this name, e.g. `email`. */
  | { note: string }
  /** Kept in another form. */
  | { row: Row; why: string }
  /** Taken out. `quarantine` keeps the whole row for a person to mend, `drop` only its place and the reason. */
  | { out: 'quarantine' | 'drop'; why: string };

/** A set of rows that nothing in training may repeat. */
export interface EvalSet {
  digest: string;
  /** For people: `support-triage.test@v3`, or `the test set of this run`. */
  name: string;
  /** Its rows: `messages` is what is asked, `reference` the answer expected. */
  rows: Iterable<Row & { reference?: string }> | AsyncIterable<Row & { reference?: string }>;
}

/** What a policy may know beyond the row before it. */
export interface World {
  /** Sets that the training rows are held against; the test set of this run is the first. */
  evalSets: readonly EvalSet[];
  /** Tokens of a row, chat template included; a text says why they cannot be counted. */
  countTokens: ((row: Row) => number) | string;
  /** A bound that is never below `countTokens` and far cheaper, where there is one. */
  tokensAtMost?: ((row: Row) => number) | undefined;
  /** Longest row that the tuner takes, in tokens. */
  maxTokens: number;
  seed: number;
  /** Tells a person something about the whole. */
  warn(message: string): void;
}

/** A policy at work on one set of rows. */
export interface PolicyRun {
  /** Sees every row once before the first `apply`; only for what needs to know the whole. */
  observe?(row: Row): void;
  apply(row: Row): Decision;
  /** Small findings for the statistics, e.g. counts by kind; called once, after the last row. */
  findings?(): Record<string, unknown>;
  /** Rows chosen for an artifact of their own, e.g. few-shot examples. */
  chosen?(): Row[];
}

/** One rule of preparation. Each is a file of this shape. */
export interface Policy<Settings> {
  name: string;
  /** `all`: training and test rows alike. `train`: training rows only, once the test set is known. */
  side: 'all' | 'train';
  start(settings: Settings, world: World): PolicyRun | Promise<PolicyRun>;
}
