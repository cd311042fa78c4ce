/** What the table and the page of a line are made from; texts in it are untrusted. */
export interface LineDocument {
  line: string;
  /** The metric that is shown; null: nothing was measured. */
  metric: string | null;
  metrics: string[];
  better: 'higher' | 'lower';
  /** Scores from 0 to 1 are shown as per cent. */
  format: 'share' | 'number';
  /** How many there are; `slices` and `models` may be fewer of them. */
  totals: { slices: number; models: number };
  slices: LineSlice[];
  models: LineModel[];
  periods: LinePeriod[];
  /** Runs that were skipped after the last period. */
  waiting: Skips;
  /** The model that is in use; null: none is. */
  champion: string | null;
  /** The base model's row in `models`; null: it was not measured. */
  baseline: string | null;
}

/** The frozen test rows that an accepted period added. */
export interface LineSlice {
  slice: string;
  digest: string;
  n: number;
  at: string;
}

/** A mean with its rows and its 95 % interval: Wilson's for scores of 0 and 1, else Student's. */
export interface LineCell {
  slice: string;
  n: number;
  mean: number;
  ci: [number, number];
}

export interface LineModel {
  /** `name@vN`, `base model`, or the beginning of its digest. */
  model: string;
  digest: string;
  /** The period that it was tuned in. */
  period: string | null;
  verdict: string | null;
  outcome: Outcome | null;
  /** Warm starts since the base model. */
  depth: number | null;
  isChampion: boolean;
  /** One a slice, in their order; null: not measured. */
  cells: (LineCell | null)[];
}

export type Outcome = 'accepted' | 'consumed' | 'kept' | 'unchanged';

export interface Skips {
  count: number;
  /** `11 too few new rows, 1 overlap`; empty: none. */
  words: string;
}

export interface LinePeriod {
  generation: number;
  period: string;
  run: string;
  verdict: string | null;
  outcome: Outcome;
  counts: Record<string, number>;
  depth: number | null;
  at: string;
  /** Runs that were skipped before it. */
  skipped: Skips;
  /** The model in use after it. */
  champion: string | null;
  /** Its mean on each slice that is shown, in their order; null: not measured. */
  scores: (number | null)[];
  /** Its mean over all slices on which it was measured, each row counted once. */
  mean: number | null;
}

/** What is known of a line, as it is read off the ledger. */
export interface LineFacts {
  line: string;
  metric: string | null;
  metrics: string[];
  totals: { slices: number; models: number };
  slices: { slice: string; generation: number; digest: string; n: number; at: string }[];
  models: { digest: string; name: string | null; generation: number | null; isBase: boolean }[];
  cells: { model: string; slice: string; scores: Uint8Array }[];
  championMeans: { model: string; slice: string; mean: number }[];
  overall: { model: string; mean: number }[];
  watermarks: {
    generation: number;
    run_id: string;
    period: string;
    verdict: string | null;
    outcome: Outcome;
    counts_json: string;
    model: string | null;
    depth: number | null;
    at: string;
  }[];
  skips: { reason: string | null; started_at: string }[];
  champion: string | null;
  names: Record<string, string>;
}
