import { readCalls, sharedCount, spelledCall } from './calls.ts';

/**
 * Metrics of trajectories (the calls an agent made, in order) under Vertex's names. Two calls match when tool and input
 * are equal, deep and whatever the order of keys; how Vertex counts repeats is not published, here each matches once.
 * What is no trajectory scores 0.
 */
export const TRAJECTORY_METRICS = {
  /** 1 when the calls are the expected ones in the expected order, and no others. */
  trajectory_exact_match: paired((found, expected) =>
    found.length === expected.length && found.every((call, i) => call === expected[i]) ? 1 : 0,
  ),
  /** 1 when the expected calls occur in their order; others may stand between them. */
  trajectory_in_order_match: paired((found, expected) => {
    let next = 0;
    for (const call of found) if (call === expected[next]) next += 1;
    return next === expected.length ? 1 : 0;
  }),
  /** 1 when every expected call occurs, in any order; others may occur too. */
  trajectory_any_order_match: paired((found, expected) => (sharedCount(found, expected) === expected.length ? 1 : 0)),
  /** Share of the calls made that were expected. */
  trajectory_precision: paired((found, expected) => share(sharedCount(found, expected), found.length, expected.length)),
  /** Share of the calls expected that were made. */
  trajectory_recall: paired((found, expected) => share(sharedCount(found, expected), expected.length, found.length)),
} as const;
export type TrajectoryMetric = keyof typeof TRAJECTORY_METRICS;

/** 1 when a tool of that name was called. */
export function trajectorySingleToolUse(prediction: unknown, tool: string): number {
  return readCalls(prediction)?.some(({ name }) => name === tool) ? 1 : 0;
}

/** Nothing of nothing: right when the other side has nothing either. */
const share = (shared: number, of: number, others: number): number => (of === 0 ? (others === 0 ? 1 : 0) : shared / of);

function paired(
  of: (found: string[], expected: string[]) => number,
): (prediction: unknown, reference: unknown) => number | null {
  return (prediction, reference) => {
    const expected = readCalls(reference);
    if (!expected) return null;
    const found = readCalls(prediction);
    return found ? of(found.map(spelledCall), expected.map(spelledCall)) : 0;
  };
}
