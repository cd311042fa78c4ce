import type { Candidate } from './filter.ts';
import type { Ask } from './strategy.ts';
import type { Rejected } from './run-filters.ts';

/** How many candidates a filter took out, and why. */
export interface FilterYield {
  filter: string;
  in: number;
  out: number;
  /** By reason; adds up to `out`. */
  reasons: Record<string, number>;
}

/** What became of an ask: the number of rows read out of its reply, or why there are none. */
export type Outcome = { ask: Ask; rows: number; wasRepaired?: boolean } | { ask: Ask; problem: string };

/**
 * What came of it all. `asked = answered + failed`, `candidates = accepted + rejected`, and the parts of `failures` and of
 * `filters` add up to `failed` and `rejected`.
 */
export interface SynthesisYield {
  /** Asks, repairs not counted. */
  asked: number;
  answered: number;
  /** Answered at the second attempt. */
  repaired: number;
  failed: number;
  failures: Record<string, number>;
  /** Rows hoped for. */
  rowsAsked: number;
  candidates: number;
  rejected: number;
  accepted: number;
  /** In order; the last, `limits`, is what limits left out, where they did. */
  filters: FilterYield[];
}

/**
 * Counts what came of asks and filters.
 *
 * @param leftOut Candidates that passed every filter and were left out by the limits.
 * @throws Error when the numbers do not add up, which is a fault of the program and never of the rows.
 */
export function countYield(
  outcomes: readonly Outcome[],
  filtered: { accepted: readonly Candidate[]; rejected: readonly Rejected[]; yields: readonly FilterYield[] },
  leftOut = 0,
): SynthesisYield {
  const failed = outcomes.flatMap((outcome) => ('problem' in outcome ? [outcome.problem] : []));
  const answered = outcomes.flatMap((outcome) => ('problem' in outcome ? [] : [outcome]));
  const candidates = answered.reduce((sum, { rows }) => sum + rows, 0);
  const through = filtered.accepted.length;
  const limits: FilterYield = {
    filter: 'limits',
    in: through,
    out: leftOut,
    reasons: { 'beyond the limits': leftOut },
  };
  const result: SynthesisYield = {
    asked: outcomes.length,
    answered: answered.length,
    repaired: answered.filter(({ wasRepaired }) => wasRepaired).length,
    failed: failed.length,
    // Places in a reply differ from reply to reply; the kind of problem is what counts.
    failures: countReasons(failed.map((problem) => problem.replaceAll(/\d+/g, '#').slice(0, 200))),
    rowsAsked: outcomes.reduce((sum, { ask }) => sum + (ask.rows ?? 0), 0),
    candidates,
    rejected: filtered.rejected.length + leftOut,
    accepted: through - leftOut,
    filters: leftOut > 0 ? [...filtered.yields, limits] : [...filtered.yields],
  };
  const out = result.filters.reduce((sum, filter) => sum + filter.out, 0);
  if (result.candidates !== result.accepted + result.rejected || out !== result.rejected || leftOut > through)
    throw new Error(
      `synthesis: ${result.candidates} candidates, but ${result.accepted} accepted and ${result.rejected} rejected (${out} by filters)`,
    );
  return result;
}

/** How often each reason occurs, most frequent first. */
export function countReasons(reasons: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
