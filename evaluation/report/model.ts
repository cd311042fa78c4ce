/** How values of a metric are shown: `share` 0 to 1 as per cent (differences in points), `number` as it is. */
export type Format = 'share' | 'number';

/** A value with what it rests on; `ci` is a two-sided 95 % interval. `Measured` of metrics/ is one. */
export interface Estimate {
  value: number;
  n?: number | undefined;
  ci?: readonly [number, number] | undefined;
  /** Items of `n` that could not be measured and count as the worst value. */
  unmeasured?: number | undefined;
}

/**
 * What the report of a run shows, already in the words and numbers it shall be shown with. Only the head is needed:
 * a part that is absent is left out. Every text may come from data or a model. Gains and differences are signed so
 * that more is better for the candidate, whichever way the metric points.
 */
export interface RunReport {
  head: ReportHead;
  metrics?: readonly MetricRow[] | undefined;
  differences?: PairedDifferences | undefined;
  guards?: readonly GuardRow[] | undefined;
  slices?: Slices | undefined;
  flips?: Flips | undefined;
  confusion?: Confusion | undefined;
  judge?: JudgeReport | undefined;
  safety?: SafetyReport | undefined;
  training?: TrainingCurve | undefined;
  data?: DataSummary | undefined;
  lineage?: LineageGraph | undefined;
  cost?: CostReport | undefined;
  repeat?: Repeat | undefined;
}

export interface ReportHead {
  title: string;
  /** `reasons` in words, the weightiest first; `none`: nothing was to be decided. */
  verdict: { outcome: 'promote' | 'reject' | 'inconclusive' | 'none'; reasons: readonly string[] };
  run?: string | undefined;
  pipeline?: string | undefined;
  /** As they shall be shown. */
  started?: string | undefined;
  ended?: string | undefined;
  startedBy?: string | undefined;
  recipe?: string | undefined;
  base?: string | undefined;
  candidate?: string | undefined;
  champion?: string | undefined;
  /** What the two sides are called in tables, default Candidate and Champion (a comparison: A and B). */
  sides?: { candidate: string; champion: string } | undefined;
}

export interface MetricRow {
  /** As in the recipe, e.g. `bleu:tokenize=intl`. */
  name: string;
  better: 'higher' | 'lower';
  format?: Format | undefined;
  candidate?: Estimate | undefined;
  champion?: Estimate | undefined;
  /** How it was computed, in one line that can be compared. */
  signature?: string | undefined;
  /** What the gate does with it, e.g. `decides`, `guard`, `shown only`. */
  role?: string | undefined;
}

export interface PairedDifferences {
  metric: string;
  format?: Format | undefined;
  /** One an item, more is better for the candidate; absent: not kept, no distribution is drawn. */
  values?: readonly number[] | undefined;
  n: number;
  /** One-sided bounds, each at `confidence`; null: there is none. */
  gain: { value: number; lower: number | null; upper: number | null };
  minGain?: number | undefined;
  /** What the gate could have found, counted from `minGain`; null: nothing varied. */
  minimumDetectableEffect?: number | null | undefined;
  /** Probability at which that effect is found, default 0.8. */
  power?: number | undefined;
  confidence: number;
  /** Which look at this test set it was, of how many planned, and the alpha spent at it. */
  look?: { number: number; planned?: number | undefined; alpha?: number | undefined } | undefined;
  better?: number | undefined;
  worse?: number | undefined;
  equal?: number | undefined;
  unmeasured?: number | undefined;
  /** Rule and p value in words, e.g. `paired t and exact McNemar, p = 0.0031`. */
  method?: string | undefined;
}

export interface GuardRow {
  name: string;
  /** A guard allows the candidate to be worse by `margin` at most, a floor asks for at least (or at most) a value. */
  kind: 'guard' | 'floor';
  format?: Format | undefined;
  /** Which way the metric points, default higher: of a floor `at least`, of lower `at most`. */
  better?: 'higher' | 'lower' | undefined;
  /** Of a guard the loss that is allowed; of a floor the value asked for. */
  margin: number;
  /** What was seen: of a guard the gain, of a floor the candidate's value. */
  seen: number | null;
  /** The bound that is held against the margin; null: there is none. */
  bound: number | null;
  n?: number | undefined;
  confidence?: number | undefined;
  outcome: 'passed' | 'not proved' | 'failed';
  /** Why, in words. */
  words?: string | undefined;
}

export interface Slices {
  metric: string;
  format?: Format | undefined;
  rows: readonly {
    name: string;
    n: number;
    candidate: number | null;
    champion?: number | null | undefined;
    gain?: Estimate | undefined;
  }[];
  note?: string | undefined;
}

export interface Flips {
  metric: string;
  format?: Format | undefined;
  items: readonly {
    /** Place or id of the item. */
    name?: string | undefined;
    prompt: string;
    /** null: the row names none. */
    reference: string | null;
    /** null: no answer came. */
    candidate: string | null;
    champion: string | null;
    candidateScore: number | null;
    championScore: number | null;
    /** More than 0: the candidate is better. */
    gain: number;
    note?: string | undefined;
  }[];
  /** Of all items, when `items` is a part of them. */
  total?: { better: number; worse: number } | undefined;
}

export interface Confusion {
  labels: readonly string[];
  /** Items by actual label (row) and predicted label (column), in the order of `labels`. */
  candidate: readonly (readonly number[])[];
  champion?: readonly (readonly number[])[] | undefined;
}

export interface JudgeReport {
  name: string;
  model?: string | undefined;
  /** Whether the decision rests on it. */
  decides?: boolean | undefined;
  calibration: {
    state: 'valid' | 'expired' | 'failed' | 'none';
    made?: string | undefined;
    expires?: string | undefined;
    note?: string | undefined;
  };
  /** With people. */
  agreement?: { kappa?: Estimate | undefined; alpha?: Estimate | undefined; n: number } | undefined;
  /** Share of verdicts for the first answer shown, less a half. */
  slotBias?: Estimate | undefined;
  /** Share of pairs judged differently when shown the other way round. */
  flipRate?: Estimate | undefined;
  /** Pairs, seen from the candidate. */
  pairwise?: { win: number; tie: number; loss: number; unmeasured?: number | undefined } | undefined;
  unmeasured?: number | undefined;
}

/** Of `n` submitted, so many were hit; intervals are Wilson's and computed here. */
export interface Hits {
  n: number;
  hits: number;
}

export interface SafetyReport {
  attacks?:
    | readonly { family: string; language: string; candidate?: Hits | undefined; champion?: Hits | undefined }[]
    | undefined;
  /** Harmless prompts that were refused. */
  overRefusal?: { candidate?: Hits | undefined; champion?: Hits | undefined } | undefined;
  /** Gaps between slices that should not differ. */
  bias?:
    | readonly {
        name: string;
        format?: Format | undefined;
        candidate?: Estimate | undefined;
        champion?: Estimate | undefined;
        /** Largest gap that is allowed, and what came of it. */
        limit?: number | undefined;
        outcome?: GuardRow['outcome'] | undefined;
      }[]
    | undefined;
}

export interface TrainingCurve {
  train: readonly { step: number; loss: number }[];
  /** On rows kept out of training. */
  heldOut?: readonly { step: number; loss: number }[] | undefined;
  /** The step whose weights are the candidate. */
  chosenStep?: number | undefined;
  note?: string | undefined;
}

export interface DataSummary {
  rowsIn: number;
  rowsKept: number;
  removed?: readonly { reason: string; rows: number }[] | undefined;
  train?: number | undefined;
  test?: number | undefined;
  tokens?: number | null | undefined;
  sources?: readonly { name: string; rows?: number | undefined; digest?: string | undefined }[] | undefined;
  note?: string | undefined;
}

export interface LineageGraph {
  nodes: readonly {
    id: string;
    kind: 'artifact' | 'execution';
    label: string;
    /** Whole digest; it is shown short. */
    digest?: string | undefined;
    detail?: string | undefined;
    /** What this report is about. */
    isRoot?: boolean | undefined;
  }[];
  /** The way data flow, by `id`. */
  edges: readonly { from: string; to: string; role?: string | undefined }[];
}

export interface CostReport {
  /** null: not known; absent: does not apply. */
  rows: readonly {
    step: string;
    seconds?: number | null | undefined;
    tokens?: number | null | undefined;
    usd?: number | null | undefined;
    note?: string | undefined;
  }[];
  /** The most that may be spent. */
  limitUsd?: number | undefined;
}

export interface Repeat {
  commands?: readonly { does?: string | undefined; command: string }[] | undefined;
  /** Programs, models, data: name and version, in the order given. */
  versions?: readonly { name: string; version: string }[] | undefined;
}
