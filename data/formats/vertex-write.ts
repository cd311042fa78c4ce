import type { Message, Part } from '../row.ts';
import { isObject, parseJson } from './flaw.ts';
import { plainText } from './losses.ts';
import { argumentsOf } from './tools.ts';
import { textOfResponse } from './vertex-read.ts';

/** A content of Gemini: one turn. */
export interface Turn {
  role: 'user' | 'model';
  parts: Record<string, unknown>[];
}

/** Writes messages as an instruction and contents; a text is the reason why they cannot be. */
export function writeContents(
  messages: readonly Message[],
  lost: Set<string>,
): { system?: { parts: Record<string, unknown>[] }; contents: Turn[] } | string {
  const contents: Turn[] = [];
  const names = new Map<string, string>();
  let system: { parts: Record<string, unknown>[] } | undefined;
  let results: Turn | undefined;
  for (const [index, message] of messages.entries()) {
    if (message.weight !== undefined) lost.add('message weight');
    if (message.name !== undefined && message.role !== 'tool') lost.add('name');
    if (message.role === 'tool') {
      const part = writeResult(message, names, lost);
      if (typeof part === 'string') return part;
      // Results of calls made at once belong into one turn.
      if (results) results.parts.push(part);
      else contents.push((results = { role: 'user', parts: [part] }));
      continue;
    }
    results = undefined;
    if (message.tool_call_id !== undefined) lost.add('tool call ids');
    if (message.role === 'system' || message.role === 'developer') {
      if (index > 0) return 'has a system message after the first message';
      if (message.role === 'developer') lost.add('developer role');
      if (message.tool_calls) return 'has a tool call by the system';
      if (message.content === null) return 'has a message without content';
      const parts = writeParts(message.content, lost);
      if (parts.some((part) => !('text' in part))) return 'has an image or file in its system message';
      system = { parts };
      continue;
    }
    const turn = writeTurn(message, names, lost);
    if (typeof turn === 'string') return turn;
    contents.push(turn);
  }
  if (contents.length === 0) return 'has no messages';
  return system ? { system, contents } : { contents };
}

/** Writes one message of a user or an assistant; a text is a reason. */
export function writeTurn(message: Message, names: Map<string, string>, lost: Set<string>): Turn | string {
  const { role, content, tool_calls: calls = [] } = message;
  if (calls.length > 0 && role !== 'assistant') return `has a tool call by the ${role}`;
  const parts = content === null ? [] : writeParts(content, lost);
  if (parts.some((part) => 'reason' in part)) return 'has an image whose kind cannot be told from its URL';
  for (const { id, function: called } of calls) {
    const args = argumentsOf(called.arguments);
    if (!args) return 'has a tool call whose arguments are no object';
    if (!args.same) lost.add('spelling of arguments');
    if (id !== undefined) names.set(id, called.name);
    parts.push({ functionCall: { ...(id === undefined ? {} : { id }), name: called.name, args: args.value } });
  }
  if (parts.length === 0) return 'has a message without content';
  return { role: role === 'assistant' ? 'model' : 'user', parts };
}

function writeResult(
  message: Message,
  names: ReadonlyMap<string, string>,
  lost: Set<string>,
): Record<string, unknown> | string {
  const { tool_call_id: id, tool_calls: calls } = message;
  if (calls) return 'has a tool call by the tool';
  const name = message.name ?? (id === undefined ? undefined : names.get(id));
  if (name === undefined || name === '') return 'has a tool result that names no function';
  if (message.content === null) return 'has a message without content';
  const text = plainText(message, lost);
  if (text === undefined) return 'has an image or file by the tool';
  const response = writeResponse(text);
  return { functionResponse: { ...(id === undefined ? {} : { id }), name, response } };
}

/** A result as the object that Gemini wants: as it is where that is read back to the same text, else wrapped. */
function writeResponse(text: string): Record<string, unknown> {
  const value = text.startsWith('{') ? parseJson(text) : undefined;
  return isObject(value) && textOfResponse(value) === text ? value : { output: text };
}

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,([A-Za-z0-9+/=]*)$/;
const IMAGES: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
]);

function writeParts(content: string | readonly Part[], lost: Set<string>): Record<string, unknown>[] {
  if (typeof content === 'string') return [{ text: content }];
  return content.map((part) => {
    if (part.type === 'text') return { text: part.text };
    const uri = part.type === 'file' ? part.file.uri : part.image_url.url;
    const [, dataType, data] = DATA_URL.exec(uri) ?? [];
    if (part.type === 'image_url') {
      if (part.image_url.detail !== undefined) lost.add('image detail');
      if (dataType?.startsWith('image/')) return { inlineData: { mimeType: dataType, data } };
      const mimeType = IMAGES.get(/\.(\w+)(?:[?#].*)?$/.exec(uri)?.[1]?.toLowerCase() ?? '');
      if (!mimeType) return { reason: true };
      lost.add('that a file is an image');
      return { fileData: { mimeType, fileUri: uri } };
    }
    if (data === undefined || dataType !== part.file.mimeType)
      return { fileData: { mimeType: part.file.mimeType, fileUri: uri } };
    if (dataType.startsWith('image/')) lost.add('that an image is a file');
    return { inlineData: { mimeType: dataType, data } };
  });
}
