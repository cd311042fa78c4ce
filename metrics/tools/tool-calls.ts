import { readCalls, sharedCount, spelled, type Call } from './calls.ts';

/**
 * Metrics of tool calls under Vertex's names. How Vertex treats several calls and repeats is not published: here names, and
 * parameters with the name of their tool, are multisets, so that the order of calls made at once does not matter, and
 * values are compared deeply. An answer that is no well-formed list of calls scores 0.
 */
export const TOOL_CALL_METRICS = {
  /** 1 when the answer is a well-formed list with at least one call. */
  tool_call_valid: (prediction: unknown): number => ((readCalls(prediction)?.length ?? 0) > 0 ? 1 : 0),

  /** 1 when the same tools are called, each as often. */
  tool_name_match: paired((found, expected) =>
    found.length === expected.length && sharedCount(namesOf(found), namesOf(expected)) === expected.length ? 1 : 0,
  ),

  /** Share of the expected parameter names that were given, of all named on either side. */
  tool_parameter_key_match: paired((found, expected) => shareOf(keysOf(found), keysOf(expected))),

  /** The same of names with their values. */
  tool_parameter_kv_match: paired((found, expected) => shareOf(pairsOf(found), pairsOf(expected))),
} as const;
export type ToolCallMetric = keyof typeof TOOL_CALL_METRICS;

function paired(
  of: (found: Call[], expected: Call[]) => number,
): (prediction: unknown, reference: unknown) => number | null {
  return (prediction, reference) => {
    const expected = readCalls(reference);
    if (!expected) return null;
    const found = readCalls(prediction);
    return found ? of(found, expected) : 0;
  };
}

const namesOf = (calls: readonly Call[]): string[] => calls.map(({ name }) => name);

const keysOf = (calls: readonly Call[]): string[] =>
  calls.flatMap(({ name, arguments: args }) => Object.keys(args).map((key) => spelled([name, key])));

const pairsOf = (calls: readonly Call[]): string[] =>
  calls.flatMap(({ name, arguments: args }) => Object.entries(args).map(([key, value]) => spelled([name, key, value])));

/** Shared over the longer list; 1 when there is nothing to give and nothing was given. */
function shareOf(found: readonly string[], expected: readonly string[]): number {
  const most = Math.max(found.length, expected.length);
  return most === 0 ? 1 : sharedCount(found, expected) / most;
}
