import { Gate } from '../../configs/gate.ts';
import type { MetricFacts } from '../../metrics/gate/tally.ts';

/** The gate that is measured. */
export const GATE = Gate.parse({
  primaries: [{ metric: 'exactMatch', minGain: 0.01 }, { metric: 'rougeL' }],
  guards: [
    { metric: 'tokenF1', margin: 0.01, slice: 'queue=billing' },
    { metric: 'latencySeconds', marginShare: 0.1 },
    { metric: 'outputTokens', marginShare: 0.1 },
  ],
});

/** What it is told of its metrics. */
export const FACTS: Readonly<Record<string, MetricFacts>> = {
  exactMatch: { range: [0, 1], better: 'higher', isBinary: true },
  rougeL: { range: [0, 1], better: 'higher', isBinary: false },
  tokenF1: { range: [0, 1], better: 'higher', isBinary: false },
  latencySeconds: { range: [0, 1], better: 'lower', isBinary: false },
  outputTokens: { range: [0, 64], better: 'lower', isBinary: false },
};

/** What the process of the gate prints. */
export interface Decided {
  verdict: string;
  n: number;
  slices: number;
  seconds: number;
  /** Most memory that the process had, in MB of 1,000,000 bytes. */
  megabytes: number;
}
