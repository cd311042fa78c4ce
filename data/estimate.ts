/** A number that is not known exactly. */
export interface Range {
  low: number;
  high: number;
}

/** How often the rows are gone through: by the vendors' epochs, or by our own trainer's steps. */
export type Passes = { epochs: number } | { iterations: number; batchSize: number; rows: number };

export interface TuningEstimateInput {
  /** Tokens of all training rows together. */
  tokens: Range;
  passes: Passes;
  /** US dollars for a million trained tokens; `free` when no bill is sent. */
  price: { training: number; free?: true };
  /** Trained tokens a second, from earlier runs on the same kind of machine. */
  tokensPerSecond?: Range;
}

export interface TuningEstimate {
  /** How often each row is seen, on average. */
  epochs: number;
  trained: Range;
  /** Trained tokens that are paid for. */
  billed: Range;
  seconds: Range | { unknown: string };
  usd: Range;
}

/** Work, time and price of a tuning, from counts alone. Zero rows or steps cost nothing and take no time. */
export function estimateTuning({ tokens, passes, price, tokensPerSecond }: TuningEstimateInput): TuningEstimate {
  const epochs = epochsOf(passes);
  const trained = { low: Math.round(tokens.low * epochs), high: Math.round(tokens.high * epochs) };
  const billed = price.free ? { low: 0, high: 0 } : trained;
  return {
    epochs,
    trained,
    billed,
    seconds: secondsOf(trained, tokensPerSecond),
    usd: { low: (billed.low / 1e6) * price.training, high: (billed.high / 1e6) * price.training },
  };
}

function epochsOf(passes: Passes): number {
  if ('epochs' in passes) return passes.epochs;
  return passes.rows === 0 ? 0 : (passes.iterations * passes.batchSize) / passes.rows;
}

function secondsOf(trained: Range, speed: Range | undefined): TuningEstimate['seconds'] {
  if (!speed) return { unknown: 'no earlier run has shown how many tokens a second are trained' };
  if (!(speed.low > 0) || speed.high < speed.low)
    return { unknown: `a speed of ${speed.low} to ${speed.high} tokens a second says nothing` };
  return { low: trained.low / speed.high, high: trained.high / speed.low };
}
