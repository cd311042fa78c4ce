import type { Message, Part, Role } from '../row.ts';
import { flawOf, flawOfText, isObject, kindOf, parseJson, quote } from './flaw.ts';
import { keepStrays, type Strays } from './strays.ts';
import { readCalls } from './tools.ts';

const ROLES: ReadonlySet<unknown> = new Set<Role>(['system', 'developer', 'user', 'assistant', 'tool']);

/**
 * Reads messages in the OpenAI form, and as Parquet and `datasets` give them back: null for what is absent.
 * `key` is where they stand, for reasons. A text is the reason why they cannot be read.
 */
export function readMessages(found: unknown, key: string, strays: Strays): Message[] | string {
  // A column of a CSV file can hold them as JSON text only.
  const list = typeof found === 'string' && found.startsWith('[') ? parseJson(found) : found;
  if (found === undefined || found === null) return `has no "${key}"`;
  if (!Array.isArray(list)) return `has "${key}" that is ${kindOf(found)}, expected a list of messages`;
  if (list.length === 0) return `has an empty list of "${key}"`;
  let copy: Message[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const given: unknown = list[index];
    if (isPlain(given)) {
      const flaw = flawOfText(given.content as string);
      if (flaw) return `has ${flaw} in message ${index + 1} of "${key}"`;
      copy?.push(given);
      continue;
    }
    const message = readMessage(given, key, index, strays);
    if (typeof message === 'string') return `${message} in message ${index + 1} of "${key}"`;
    copy ??= list.slice(0, index) as Message[];
    copy.push(message);
  }
  return copy ?? (list as Message[]);
}

/** Most messages are a role and a text and nothing else; those are taken as they are. */
function isPlain(given: unknown): given is Message {
  if (typeof given !== 'object' || given === null) return false;
  for (const key in given) if (key !== 'role' && key !== 'content') return false;
  const { role, content } = given as Record<string, unknown>;
  return typeof content === 'string' && ROLES.has(role);
}

const KNOWN: ReadonlySet<string> = new Set([
  'role',
  'content',
  'parts',
  'name',
  'weight',
  'tool_calls',
  'tool_call_id',
  'function_call',
]);

function readMessage(given: unknown, key: string, index: number, strays: Strays): Message | string {
  if (!isObject(given)) return `has ${kindOf(given)} where an object is expected`;
  const legacyResult = given['role'] === 'function';
  const role = legacyResult ? 'tool' : given['role'];
  if (!ROLES.has(role)) return role === undefined ? 'has no role' : `has the unknown role ${quote(role)}`;

  const calls = readCalls(given, `${key}[${index}]`, strays);
  if (typeof calls === 'string') return calls;
  // `parts` is where our own Parquet files keep content that is more than text.
  const content = readContent(given['content'] ?? given['parts'] ?? null, `${key}[${index}]`, strays);
  if (typeof content === 'object' && content !== null && 'reason' in content) return content.reason;
  if (content === null && !calls) return 'has no content';

  const message: Message = { role: role as Role, content };
  const name = given['name'] ?? undefined;
  if (name !== undefined) {
    if (typeof name !== 'string') return `has a name that is ${kindOf(name)}`;
    message.name = name;
  }
  const weight = given['weight'] ?? undefined;
  if (weight !== undefined) {
    if (Number(weight) !== 0 && Number(weight) !== 1) return `has weight ${quote(String(weight))}, expected 0 or 1,`;
    message.weight = Number(weight) as 0 | 1;
  }
  if (calls) message.tool_calls = calls;
  const answered = given['tool_call_id'] ?? undefined;
  if (answered !== undefined) {
    if (typeof answered !== 'string') return `has a tool_call_id that is ${kindOf(answered)}`;
    message.tool_call_id = answered;
  }
  const flaw = flawOf([name, answered]);
  if (flaw) return `has ${flaw}`;
  return keepStrays(given, KNOWN, `${key}[${index}]`, strays) ?? message;
}

function readContent(given: unknown, path: string, strays: Strays): string | Part[] | null | { reason: string } {
  if (given === null) return null;
  if (typeof given === 'string') {
    const flaw = flawOfText(given);
    return flaw ? { reason: `has ${flaw}` } : given;
  }
  if (!Array.isArray(given)) return { reason: `has content that is ${kindOf(given)}, expected a text or a list,` };
  if (given.length === 0) return { reason: 'has an empty list as content' };
  const parts: Part[] = [];
  for (const [index, item] of given.entries()) {
    const part = readPart(item, `${path}.content[${index}]`, strays);
    if (typeof part === 'string') return { reason: part };
    parts.push(part);
  }
  return parts;
}

const PART_KEYS: ReadonlySet<string> = new Set(['type', 'text', 'image_url', 'file']);
const IMAGE_KEYS: ReadonlySet<string> = new Set(['url', 'detail']);
const FILE_KEYS: ReadonlySet<string> = new Set(['uri', 'mimeType', 'file_data']);

function readPart(item: unknown, path: string, strays: Strays): Part | string {
  if (!isObject(item)) return `has ${kindOf(item)} where a part is expected`;
  const flaw = flawOf([item['text'], item['image_url'], item['file']]);
  if (flaw) return `has ${flaw}`;
  const stray = keepStrays(item, PART_KEYS, path, strays);
  if (stray) return stray;
  const { type, text, image_url: image, file } = item;
  if (type === 'text') return typeof text === 'string' ? { type, text } : `has a text part that is ${kindOf(text)}`;
  if (type === 'image_url') {
    const { url, detail } = isObject(image) ? image : { url: image, detail: undefined };
    if (typeof url !== 'string') return 'has an image without a url';
    if (detail !== undefined && detail !== null && typeof detail !== 'string')
      return 'has an image detail that is no text';
    if (isObject(image)) keepStrays(image, IMAGE_KEYS, `${path}.image_url`, strays);
    return { type, image_url: { url, ...(typeof detail === 'string' ? { detail } : {}) } };
  }
  if (type === 'file' && isObject(file)) {
    const { file_data: data } = file;
    const mimeType = typeof data === 'string' ? /^data:([^;,]+)[;,]/.exec(data)?.[1] : file['mimeType'];
    const uri = data ?? file['uri'];
    if (typeof uri !== 'string' || typeof mimeType !== 'string')
      return 'has a file with neither uri and mimeType nor a data URL as file_data';
    keepStrays(file, FILE_KEYS, `${path}.file`, strays);
    return { type, file: { uri, mimeType } };
  }
  return `has a part of type ${quote(type)}, expected text, image_url or file,`;
}
