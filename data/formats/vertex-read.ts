import type { Message, Part, ToolCall } from '../row.ts';
import { flawOf, isObject, kindOf, quote } from './flaw.ts';
import { keepStrays, type Strays } from './strays.ts';
import { readArguments } from './tools.ts';

/** Reads `systemInstruction` and `contents`; a text is the reason why they cannot be read. */
export function readContents(value: Record<string, unknown>, strays: Strays): Message[] | string {
  const { contents } = value;
  if (contents === undefined || contents === null) return 'has no "contents"';
  if (!Array.isArray(contents)) return `has "contents" that is ${kindOf(contents)}, expected a list`;
  if (contents.length === 0) return 'has an empty list of "contents"';
  const messages: Message[] = [];
  const system = value['systemInstruction'] ?? value['system_instruction'] ?? undefined;
  if (system !== undefined) {
    // Its role is ignored by Vertex; a bare text is what the SDK takes, too.
    const given = typeof system === 'string' ? { parts: [{ text: system }] } : system;
    const turn = readTurn(isObject(given) ? { ...given, role: 'user' } : given, 'systemInstruction', strays);
    if (typeof turn === 'string') return `${turn} in "systemInstruction"`;
    for (const message of turn) {
      if (message.role !== 'user') return 'has a function response in "systemInstruction"';
      messages.push({ ...message, role: 'system' });
    }
  }
  for (const [index, item] of contents.entries()) {
    const turn = readTurn(item, `contents[${index}]`, strays);
    if (typeof turn === 'string') return `${turn} in turn ${index + 1} of "contents"`;
    messages.push(...turn);
  }
  nameless(messages);
  return messages;
}

const TURN_KEYS: ReadonlySet<string> = new Set(['role', 'parts']);
const ROLES: ReadonlyMap<unknown, 'user' | 'assistant'> = new Map([
  [undefined, 'user'],
  ['user', 'user'],
  ['function', 'user'],
  ['tool', 'user'],
  ['model', 'assistant'],
]);

/** Reads one content of Gemini: function responses become messages of their own, before what else is said. */
export function readTurn(item: unknown, path: string, strays: Strays): Message[] | string {
  if (!isObject(item)) return `has ${kindOf(item)} where an object is expected`;
  const role = ROLES.get(item['role'] ?? undefined);
  if (!role) return `has the unknown role ${quote(item['role'])}`;
  const { parts } = item;
  if (!Array.isArray(parts)) return `has parts that are ${kindOf(parts)}, expected a list,`;
  if (parts.length === 0) return 'has an empty list of parts';
  const stray = keepStrays(item, TURN_KEYS, path, strays);
  if (stray) return stray;
  const said: Part[] = [];
  const calls: ToolCall[] = [];
  const results: Message[] = [];
  for (const [index, part] of parts.entries()) {
    const reason = readPart(part, `${path}.parts[${index}]`, { said, calls, results }, strays);
    if (reason) return reason;
  }
  if (results.length > 0 && role === 'assistant') return 'has a function response by the model';
  if (calls.length > 0 && role === 'user') return 'has a function call by the user';
  const [first] = said;
  const content = said.length === 1 && first?.type === 'text' ? first.text : said.length === 0 ? null : said;
  if (content === null && calls.length === 0) return results;
  return [...results, { role, content, ...(calls.length > 0 ? { tool_calls: calls } : {}) }];
}

interface Found {
  said: Part[];
  calls: ToolCall[];
  results: Message[];
}

const PART_KEYS: ReadonlySet<string> = new Set(
  ['text', 'fileData', 'inlineData', 'functionCall', 'functionResponse'].flatMap((key) => [key, snake(key)]),
);

/** Sorts one part into what was found; a text is a reason. */
function readPart(part: unknown, path: string, found: Found, strays: Strays): string | undefined {
  if (!isObject(part)) return `has ${kindOf(part)} where a part is expected`;
  const flaw = flawOf(part);
  if (flaw) return `has ${flaw}`;
  if (part['thought'] === true) return 'has a thought, which is not to be learned from';
  const text = part['text'] ?? undefined;
  const [file, data, call, result] = ['fileData', 'inlineData', 'functionCall', 'functionResponse'].map((key) =>
    at(part, key),
  );
  const kinds = [text, file, data, call, result].filter((kind) => kind !== undefined);
  if (kinds.length === 0)
    return `has a part of ${quote(Object.keys(part)[0] ?? '')}, expected text, fileData, inlineData, functionCall or functionResponse,`;
  if (kinds.length > 1) return 'has a part that is two things at once';
  if (text !== undefined) {
    if (typeof text !== 'string') return `has a text that is ${kindOf(text)}`;
    found.said.push({ type: 'text', text });
  } else if (file !== undefined || data !== undefined) {
    const read = readFile(file ?? data, file !== undefined);
    if (typeof read === 'string') return read;
    found.said.push(read);
  } else if (call !== undefined) {
    const read = readCall(call, path, strays);
    if (typeof read === 'string') return read;
    found.calls.push(read);
  } else {
    const read = readResult(result, path, strays);
    if (typeof read === 'string') return read;
    found.results.push(read);
  }
  return keepStrays(part, PART_KEYS, path, strays);
}

function readFile(given: unknown, isReference: boolean): Part | string {
  const key = isReference ? 'fileUri' : 'data';
  if (!isObject(given)) return `has a file that is ${kindOf(given)}`;
  const [mimeType, where] = [at(given, 'mimeType'), at(given, key)];
  if (typeof mimeType !== 'string' || typeof where !== 'string') return `has a file without mimeType or ${key}`;
  if (isReference) return { type: 'file', file: { uri: where, mimeType } };
  const url = `data:${mimeType};base64,${where}`;
  return mimeType.startsWith('image/')
    ? { type: 'image_url', image_url: { url } }
    : { type: 'file', file: { uri: url, mimeType } };
}

const CALL_KEYS: ReadonlySet<string> = new Set(['id', 'name', 'args']);

function readCall(given: unknown, path: string, strays: Strays): ToolCall | string {
  if (!isObject(given)) return `has a function call that is ${kindOf(given)}`;
  const { name } = given;
  const id = given['id'] ?? undefined;
  const args = given['args'] ?? {};
  if (typeof name !== 'string' || name === '') return 'has a function call without a name';
  if (id !== undefined && typeof id !== 'string') return `has a function call with an id that is ${kindOf(id)}`;
  if (!isObject(args)) return `has a function call with args that are ${kindOf(args)}`;
  const text = readArguments(args);
  if (typeof text !== 'string') return text.reason;
  keepStrays(given, CALL_KEYS, `${path}.functionCall`, strays);
  return { ...(id === undefined ? {} : { id }), type: 'function', function: { name, arguments: text } };
}

const RESULT_KEYS: ReadonlySet<string> = new Set(['id', 'name', 'response']);

function readResult(given: unknown, path: string, strays: Strays): Message | string {
  if (!isObject(given)) return `has a function response that is ${kindOf(given)}`;
  const { name, response } = given;
  const id = given['id'] ?? undefined;
  if (typeof name !== 'string' || name === '') return 'has a function response without a name';
  if (id !== undefined && typeof id !== 'string') return `has a function response with an id that is ${kindOf(id)}`;
  if (!isObject(response)) return `has a function response that is ${kindOf(response)}, expected an object,`;
  keepStrays(given, RESULT_KEYS, `${path}.functionResponse`, strays);
  return {
    role: 'tool',
    content: textOfResponse(response),
    name,
    ...(id === undefined ? {} : { tool_call_id: id }),
  };
}

/** The text of a tool's result; `{"output": "…"}` is how Gemini wraps one that is no object. */
export function textOfResponse(response: Record<string, unknown>): string {
  const { output, ...others } = response;
  return typeof output === 'string' && Object.keys(others).length === 0 ? output : JSON.stringify(response);
}

/** Takes away names that the call with the same id says already: OpenAI has none there. */
function nameless(messages: Message[]): void {
  const names = new Map<string, string>();
  for (const message of messages) {
    for (const { id, function: called } of message.tool_calls ?? []) if (id !== undefined) names.set(id, called.name);
    if (message.role !== 'tool' || message.tool_call_id === undefined) continue;
    if (names.get(message.tool_call_id) === message.name) delete message.name;
  }
}

/** A value under a key in camel case, as the API writes it, or in snake case, as its Python library does. */
function at(value: Record<string, unknown>, key: string): unknown {
  return value[key] ?? value[snake(key)] ?? undefined;
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
