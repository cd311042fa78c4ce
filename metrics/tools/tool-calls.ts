import { readCalls, sharedCount, spelled, type Call } from './calls.ts';

/**
 * Metrics of tool calls under Vertex's names. How Vertex treats several calls and repeats is not published: here calls
 * are compared in their order, and parameters as a multiset, deep values included. An answer that is no well-formed
 * list of calls scores 0.
 */
export const TOOL_CALL_METRICS = {
  /** 1 when the answer is a well-formed list with at least one call. */
  tool_call_valid: (prediction: unknown): number => ((readCalls(prediction)?.length ?? 0) > 0 ? 1 : 0),

  /** 1 when the same tools are called in the same order. */
  tool_name_match: paired((found, expected) =>
    found.length === expected.length && found.every(({ name }, i) => name === expected[i]?.name) ? 1 : 0,
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

const keysOf = (calls: readonly Call[]): string[] =>
  calls.flatMap(({ name, arguments: args }, i) => Object.keys(args).map((key) => `${i} ${name} ${key}`));

const pairsOf = (calls: readonly Call[]): string[] =>
  calls.flatMap(({ name, arguments: args }, i) =>
    Object.entries(args).map(([key, value]) => `${i} ${name} ${key} ${spelled(value)}`),
  );

/** 1 when there is nothing to give and nothing was given. */
function shareOf(found: readonly string[], expected: readonly string[]): number {
  const most = Math.max(found.length, expected.length);
  return most === 0 ? 1 : sharedCount(found, expected) / most;
}
