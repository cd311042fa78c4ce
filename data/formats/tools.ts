import type { Tool, ToolCall } from '../row.ts';
import { flawOf, isObject, kindOf, parseJson, quote } from './flaw.ts';
import { keepStrays, type Strays } from './strays.ts';

const CALL_KEYS: ReadonlySet<string> = new Set(['id', 'type', 'function', 'index']);
const FUNCTION_KEYS: ReadonlySet<string> = new Set(['name', 'arguments']);

/** Reads the tool calls of a message, the older `function_call` too; undefined where there are none. */
export function readCalls(
  message: Record<string, unknown>,
  path: string,
  strays: Strays,
): ToolCall[] | string | undefined {
  const list = message['tool_calls'] ?? undefined;
  const legacy = message['function_call'] ?? undefined;
  if (list === undefined) {
    if (legacy === undefined) return undefined;
    const call = readCall({ function: legacy }, `${path}.function_call`, strays);
    return typeof call === 'string' ? call : [call];
  }
  if (!Array.isArray(list)) return `has tool_calls that are ${kindOf(list)}, expected a list,`;
  // An empty list says the same as none; exporters write it for every message.
  if (list.length === 0) return undefined;
  const calls: ToolCall[] = [];
  for (const [index, item] of list.entries()) {
    const call = readCall(item, `${path}.tool_calls[${index}]`, strays);
    if (typeof call === 'string') return call;
    calls.push(call);
  }
  return calls;
}

function readCall(item: unknown, path: string, strays: Strays): ToolCall | string {
  if (!isObject(item)) return `has ${kindOf(item)} where a tool call is expected`;
  const called = item['function'];
  if (!isObject(called)) return 'has a tool call without a function';
  const { name } = called;
  if (typeof name !== 'string' || name === '') return 'has a tool call without a name';
  const text = readArguments(called['arguments']);
  if (typeof text !== 'string') return text.reason;
  const id = item['id'] ?? undefined;
  if (id !== undefined && typeof id !== 'string') return `has a tool call with an id that is ${kindOf(id)}`;
  const flaw = flawOf([name, id]);
  if (flaw) return `has ${flaw} in a tool call`;
  const stray =
    keepStrays(item, CALL_KEYS, path, strays) ?? keepStrays(called, FUNCTION_KEYS, `${path}.function`, strays);
  return stray ?? { ...(id === undefined ? {} : { id }), type: 'function', function: { name, arguments: text } };
}

/** Arguments as JSON text; TRL and ShareGPT write them as an object. */
export function readArguments(given: unknown): string | { reason: string } {
  if (typeof given !== 'string') {
    const flaw = flawOf(given);
    if (flaw) return { reason: `has ${flaw} in the arguments of a tool call` };
    return given === undefined || given === null ? '{}' : JSON.stringify(given);
  }
  const value = parseJson(given);
  if (value === undefined) return { reason: 'has a tool call with arguments that are no JSON' };
  // The escapes of JSON text hide what is wrong with it, so both are looked at.
  const flaw = flawOf(given) ?? flawOf(value);
  return flaw ? { reason: `has ${flaw} in the arguments of a tool call` } : given;
}

const TOOL_KEYS: ReadonlySet<string> = new Set(['type', 'function']);
const DECLARATION_KEYS: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict']);

/** Reads tool definitions: a list, or the same as JSON text; undefined where there are none. */
export function readTools(found: unknown, path: string, strays: Strays): Tool[] | string | undefined {
  if (found === undefined || found === null || found === '') return undefined;
  const list = typeof found === 'string' ? parseJson(found) : found;
  if (!Array.isArray(list)) return `has "${path}" that is ${kindOf(found)}, expected a list of tools`;
  if (list.length === 0) return undefined;
  const tools: Tool[] = [];
  for (const [index, item] of list.entries()) {
    const at = `${path}[${index}]`;
    if (!isObject(item)) return `has ${kindOf(item)} as tool ${index + 1}`;
    if (
      item['type'] !== undefined &&
      item['type'] !== null &&
      item['type'] !== 'function' &&
      isObject(item['function'])
    )
      return `has a tool of type ${quote(item['type'])}`;
    const isWrapped = isObject(item['function']);
    const tool = readDeclaration(isWrapped ? (item['function'] as Record<string, unknown>) : item, at, strays);
    if (typeof tool === 'string') return `${tool} as tool ${index + 1}`;
    const stray = isWrapped ? keepStrays(item, TOOL_KEYS, at, strays) : undefined;
    if (stray) return stray;
    tools.push(tool);
  }
  return tools;
}

/** Reads one function declaration. */
export function readDeclaration(given: Record<string, unknown>, path: string, strays: Strays): Tool | string {
  const { name, description, parameters, strict } = given;
  if (typeof name !== 'string' || name === '') return 'has a function without a name';
  if (description !== undefined && description !== null && typeof description !== 'string')
    return `has a function with a description that is ${kindOf(description)}`;
  if (parameters !== undefined && parameters !== null && !isObject(parameters))
    return `has a function with parameters that are ${kindOf(parameters)}`;
  const flaw = flawOf([name, description, parameters]);
  if (flaw) return `has a function with ${flaw}`;
  const stray = keepStrays(given, DECLARATION_KEYS, path, strays);
  if (stray) return stray;
  return {
    type: 'function',
    function: {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      ...(isObject(parameters) ? { parameters } : {}),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    },
  };
}

/** Arguments as an object, where that says the same as their text; `same` is false when their spelling differs. */
export function argumentsOf(text: string): { value: Record<string, unknown>; same: boolean } | undefined {
  const value = parseJson(text);
  return isObject(value) ? { value, same: JSON.stringify(value) === text } : undefined;
}
