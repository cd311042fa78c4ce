import { z } from 'zod';

/** What crosses a boundary (workflow ↔ activity ↔ command line): refs and numbers, never content. */

export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Kinds of artifact, as in the lineage. */
export const ARTIFACT_TYPES = [
  'Source',
  'Dataset',
  'Quarantine',
  'Statistics',
  'Model',
  'TrainingLog',
  'Predictions',
  'EvalReport',
  'GateVerdict',
  'ModelCard',
  'DataReport',
  'SynthesisPlan',
  'SynthesisReport',
  'Timings',
  'Scores',
  'ProbeReport',
  'RunReport',
  'Judge',
  'JudgePlan',
  'JudgeReport',
  'Calibration',
  'Ratings',
  'RatingTask',
  'Arrivals',
  'ForgettingReport',
  'TrialReport',
  'ApprovalRequest',
  'LineReport',
] as const;
export const ArtifactType = z.enum(ARTIFACT_TYPES);
export type ArtifactType = z.infer<typeof ArtifactType>;

/** An immutable, content-addressed thing in the store. */
export const ArtifactRef = z.strictObject({ digest: Digest, type: ArtifactType });
export type ArtifactRef = z.infer<typeof ArtifactRef>;

/** Artifacts by the role they play in a step. */
export const Refs = z.record(z.string(), ArtifactRef);
export type Refs = z.infer<typeof Refs>;

/** A measured value; it never travels without its n and its interval. */
export const Measure = z.strictObject({
  value: z.number(),
  n: z.int().min(0),
  ci: z.tuple([z.number(), z.number()]),
});
export type Measure = z.infer<typeof Measure>;

/** promote: proved better. reject: proved not better by enough, or a guard failed. inconclusive: not enough evidence. */
export const Verdict = z.enum(['promote', 'reject', 'inconclusive']);
export type Verdict = z.infer<typeof Verdict>;

/** A bound on what a run may spend; absent: no bound. */
export const Budget = z.strictObject({ usd: z.number().positive().optional(), tokens: z.int().positive().optional() });
export type Budget = z.infer<typeof Budget>;

/** How one run treats the cache, and which outputs of an older run it keeps. */
export const RunOptions = z.strictObject({
  /** Steps to make again though nothing changed. */
  refresh: z.array(z.string()).default([]),
  /** Make every step again. */
  noCache: z.boolean().default(false),
  /**
   * Keep the outputs of an older run for every step before `from`. The others are made again; where the older run
   * broke off and `goesOn`, what it had ordered and asked is taken up, so that nothing is paid twice.
   */
  rerun: z.strictObject({ of: z.string(), from: z.string().optional(), goesOn: z.boolean().optional() }).optional(),
});
export type RunOptions = z.infer<typeof RunOptions>;

/** The run a step belongs to. */
export const RunRef = z.strictObject({ id: z.string().min(1), options: RunOptions });
export type RunRef = z.infer<typeof RunRef>;

/** What every step is called with. */
export interface StepCall<Params> {
  run: RunRef;
  params: Params;
  inputs: Refs;
  /** Name of the execution within the run, when it is not the step's: `evaluate#2`. */
  instance?: string;
  /** What the run holds while the step works; the step gives signs of life, and ends when it was lost. */
  lease?: string;
}

/** What every step gives back: refs and a few numbers. */
export interface StepResult {
  executionId: string;
  cached: boolean;
  outputs: Refs;
  metrics: Record<string, Measure>;
  /** Small facts for the terminal and the Temporal UI, e.g. rows kept, verdict. */
  facts: Record<string, string | number | boolean | null>;
}

/** The steps of the tuning lifecycle, in order. */
export const STEPS = [
  'ingest',
  'arrivals',
  'trial',
  'prepare',
  'synthesize',
  'mix',
  'tune',
  'suite',
  'evaluate',
  'judge',
  'probe',
  'forgetting',
  'gate',
  'register',
] as const;
export type StepName = (typeof STEPS)[number];
