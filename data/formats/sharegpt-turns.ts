import type { Message, ToolCall } from '../row.ts';
import { flawOfText, isObject, kindOf, parseJson, quote } from './flaw.ts';
import { plainText } from './losses.ts';
import { keepStrays, type Strays } from './strays.ts';
import { argumentsOf, readArguments } from './tools.ts';

/** Names of speakers as they are met with. */
const SPEAKERS: ReadonlyMap<unknown, Message['role'] | 'function_call'> = new Map([
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', 'assistant'],
  ['assistant', 'assistant'],
  ['chatgpt', 'assistant'],
  ['model', 'assistant'],
  ['bot', 'assistant'],
  ['bard', 'assistant'],
  ['bing', 'assistant'],
  ['system', 'system'],
  ['developer', 'developer'],
  ['function_call', 'function_call'],
  ['tool_call', 'function_call'],
  ['observation', 'tool'],
  ['tool', 'tool'],
  ['tool_response', 'tool'],
  ['function_response', 'tool'],
] as const);

/** Reads `conversations`; a text is the reason why they cannot be read. */
export function readTurns(found: unknown, strays: Strays): Message[] | string {
  if (found === undefined || found === null) return 'has no "conversations"';
  if (!Array.isArray(found)) return `has "conversations" that is ${kindOf(found)}, expected a list of turns`;
  if (found.length === 0) return 'has an empty list of "conversations"';
  const messages: Message[] = [];
  for (const [index, item] of found.entries()) {
    const turn = readTurn(item, `conversations[${index}]`, strays);
    if (typeof turn === 'string') return `${turn} in turn ${index + 1}`;
    messages.push(turn);
  }
  return messages;
}

const TURN_KEYS: ReadonlySet<string> = new Set(['from', 'value', 'weight']);

/** Reads one turn; a text is a reason. */
export function readTurn(item: unknown, path: string, strays: Strays): Message | string {
  if (!isObject(item)) return `has ${kindOf(item)} where an object is expected`;
  const { from, value } = item;
  const speaker = SPEAKERS.get(typeof from === 'string' ? from.toLowerCase() : from);
  if (!speaker) return from === undefined ? 'has no "from"' : `has the unknown speaker ${quote(from)}`;
  if (typeof value !== 'string') return `has "value" that is ${kindOf(value)}, expected a text,`;
  const flaw = flawOfText(value);
  if (flaw) return `has ${flaw}`;
  const weight = item['weight'] ?? undefined;
  if (weight !== undefined && weight !== 0 && weight !== 1)
    return `has a weight that is ${kindOf(weight)}, expected 0 or 1,`;
  const stray = keepStrays(item, TURN_KEYS, path, strays);
  if (stray) return stray;
  const learned: Pick<Message, 'weight'> = weight === undefined ? {} : { weight };
  if (speaker !== 'function_call') return { role: speaker, content: value, ...learned };
  const calls = readCalls(value);
  if (typeof calls === 'string') return calls;
  return { role: 'assistant', content: null, ...learned, tool_calls: calls };
}

/** One call as an object, or several as a list, in JSON text. */
function readCalls(text: string): ToolCall[] | string {
  const value = parseJson(text);
  if (value === undefined) return 'has a function_call that is no JSON';
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) return 'has a function_call that is an empty list';
  const calls: ToolCall[] = [];
  for (const item of list) {
    if (!isObject(item)) return `has a function_call that is ${kindOf(item)}`;
    const { name, arguments: given } = item;
    if (typeof name !== 'string' || name === '') return 'has a tool call without a name';
    const flaw = flawOfText(name);
    if (flaw) return `has ${flaw} in a tool call`;
    const read = readArguments(given);
    if (typeof read !== 'string') return read.reason;
    calls.push({ type: 'function', function: { name, arguments: read } });
  }
  return calls;
}

/** Writes one message as a turn; a text is the reason why it cannot be one. */
export function writeTurn(message: Message, lost: Set<string>): Record<string, unknown> | string {
  const { role, content, weight, tool_calls: calls } = message;
  if (message.name !== undefined) lost.add('name');
  if (message.tool_call_id !== undefined) lost.add('tool call ids');
  if (weight !== undefined) lost.add('message weight');
  if (!calls) {
    if (content === null) return 'has a message without content';
    const text = plainText(message, lost);
    if (text === undefined) return 'has an image or file';
    if (role === 'developer') lost.add('developer role');
    return { from: WRITTEN[role], value: text };
  }
  if (role !== 'assistant') return `has a tool call by the ${role}`;
  if (content !== null) {
    if (plainText(message, lost) === undefined) return 'has an image or file';
    lost.add('text beside a tool call');
  }
  const written: Record<string, unknown>[] = [];
  for (const { id, function: called } of calls) {
    const args = argumentsOf(called.arguments);
    if (!args) return 'has a tool call whose arguments are no object';
    if (!args.same) lost.add('spelling of arguments');
    if (id !== undefined) lost.add('tool call ids');
    written.push({ name: called.name, arguments: args.value });
  }
  return { from: 'function_call', value: JSON.stringify(written.length === 1 ? written[0] : written) };
}

const WRITTEN = {
  system: 'system',
  developer: 'system',
  user: 'human',
  assistant: 'gpt',
  tool: 'observation',
} as const satisfies Record<Message['role'], string>;
