/** How far a job is. */
export interface JobProgress {
  step: number;
  steps: number;
  loss?: number | undefined;
  tokensPerSecond?: number | undefined;
  etaSeconds?: number | undefined;
}
