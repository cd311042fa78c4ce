import { DEEPEST_JSON, jsonDepth } from '../json-depth.ts';

/** A call of a tool: its name, and what it is given. */
export interface Call {
  name: string;
  arguments: Readonly<Record<string, unknown>>;
}

/**
 * Calls as they come: Vertex's `{"content": "", "tool_calls": [{"name", "arguments"}]}`, OpenAI's
 * `[{"function": {"name", "arguments": "<JSON>"}}]` alone or under `tool_calls`, or a trajectory
 * `[{"tool_name", "tool_input"}]`; as text or as the value itself. Undefined: it is none of these.
 */
export function readCalls(value: unknown): Call[] | undefined {
  const found = typeof value === 'string' ? parsed(value) : value;
  const list = isObject(found) ? (found['tool_calls'] ?? found['trajectory']) : found;
  if (!Array.isArray(list)) return undefined;
  const calls = list.map(callOf);
  return calls.every((call) => call !== undefined) ? calls : undefined;
}

function callOf(value: unknown): Call | undefined {
  if (!isObject(value)) return undefined;
  const inner = isObject(value['function']) ? value['function'] : value;
  const name = inner['name'] ?? inner['tool_name'];
  const given = inner['arguments'] ?? inner['tool_input'] ?? {};
  const args = typeof given === 'string' ? (given === '' ? {} : parsed(given)) : given;
  return typeof name === 'string' && name !== '' && isObject(args) ? { name, arguments: args } : undefined;
}

/** A call as text: equal calls have equal texts. */
export const spelledCall = ({ name, arguments: args }: Call): string => spelled([name, args]);

/** A value as text, whatever the order of its keys: equal values have equal texts, numbers by value. */
export function spelled(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0)))
      : inner,
  );
}

/** How often each text occurs. */
export function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** Texts that both lists have, counted with repeats. */
export function sharedCount(a: readonly string[], b: readonly string[]): number {
  const left = countsOf(b);
  let shared = 0;
  for (const text of a) {
    const count = left.get(text) ?? 0;
    if (count === 0) continue;
    shared += 1;
    left.set(text, count - 1);
  }
  return shared;
}

function parsed(text: string): unknown {
  // Writing it again would run out of stack; no call is so deep.
  if (jsonDepth(text) > DEEPEST_JSON) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
