import { promptOf, type Row } from '../row.ts';
import { coverageOf, diversityOf, type Coverage, type Diversity } from './diversity.ts';
import type { Candidate } from './filter.ts';
import { lastUser } from './shape.ts';
import type { SynthesisYield } from './yield.ts';

/** What one generator was asked and what it cost. */
export interface Spending {
  generator: string;
  requests: number;
  /** Requests that were asked again after a crash while they were under way. */
  askedAgain: number;
  inputTokens: number;
  outputTokens: number;
  /** null: no price is known. */
  usd: number | null;
}

/** What a synthesis did, as plain JSON: for a page with plots and for programs. */
export interface SynthesisReport {
  yield: SynthesisYield;
  /** Of prompts: real rows, real and synthetic rows together, and the synthetic ones alone. */
  diversity: { before: Diversity; after: Diversity; synthetic: Diversity };
  coverage: Coverage[];
  /** Accepted rows by strategy and generator. */
  origins: { strategy: string; generator: string; rows: number }[];
  /** Share of synthetic rows among all training rows, 0 to 1. */
  share: number;
  spending: Spending[];
  /** What filters found, by their name. */
  findings: Record<string, unknown>;
}

/** Puts a report together out of the rows before, the rows kept and the counts. */
export function reportOf({
  rows,
  kept,
  counts,
  spending,
  findings,
  seed,
}: {
  rows: readonly Row[];
  kept: readonly Candidate[];
  counts: SynthesisYield;
  spending: readonly Spending[];
  findings: Record<string, unknown>;
  seed: number;
}): SynthesisReport {
  const real = rows.map((row) => lastUser(promptOf(row)));
  const synthetic = kept.map(({ row }) => lastUser(promptOf(row)));
  const origins = Map.groupBy(kept, ({ row, ask }) => JSON.stringify([row.origin?.strategy ?? '', ask.generator]));
  return {
    yield: counts,
    diversity: {
      before: diversityOf(real, seed),
      after: diversityOf([...real, ...synthetic], seed),
      synthetic: diversityOf(synthetic, seed),
    },
    coverage: coverageOf(countLabels(rows), countLabels(kept.map(({ row }) => row))),
    origins: [...origins].map(([key, some]) => {
      const [strategy, generator] = JSON.parse(key) as [string, string];
      return { strategy, generator, rows: some.length };
    }),
    share: kept.length === 0 ? 0 : kept.length / (kept.length + rows.length),
    spending: [...spending],
    findings,
  };
}

/** Rows a class; rows without one are not counted. */
export function countLabels(rows: readonly Row[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of rows) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
