import type { Content, Message, Part, ToolCall } from '../row.ts';
import type { Format, FormatOptions } from './format.ts';
import { lostBeside, unwritable } from './losses.ts';
import { readMessages } from './messages.ts';
import type { Strays } from './strays.ts';
import { withRest } from './rest.ts';
import { readTools } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['messages', 'tools', 'functions']);

/** Chat rows of OpenAI, and of everything that took them over: TRL's `messages`, mlx-lm, Together, Fireworks. */
export const openai: Format = {
  name: 'openai',
  // Null is what a column of Parquet holds in rows that do not use it.
  fits: ({ messages, chosen, rejected }) => messages != null && chosen == null && rejected == null,
  read(value, options: FormatOptions) {
    const strays: Strays = {};
    const messages = readMessages(value['messages'], 'messages', strays);
    if (typeof messages === 'string') return messages;
    const content: Content = { messages };
    const tools = readTools(value['tools'] ?? value['functions'], 'tools', strays);
    if (typeof tools === 'string') return tools;
    if (tools) content.tools = tools;
    return withRest(content, value, USED, options, strays);
  },
  write(row) {
    if (row.document) return unwritable('is a document');
    if (row.feedback?.good === false) return unwritable('has an answer that was disapproved of');
    const lost = lostBeside(row, ['tools', 'columns']);
    const messages = writeMessages(row.messages, lost);
    if (typeof messages === 'string') return unwritable(messages);
    const value: Record<string, unknown> = { messages, ...(row.tools ? { tools: row.tools } : {}) };
    return { value: withParallel(value, row, lost, 'parallel_tool_calls'), lost: [...lost] };
  },
};

/** Of further keys OpenAI takes `parallel_tool_calls` alone. */
export function withParallel(
  value: Record<string, unknown>,
  row: Content,
  lost: Set<string>,
  column: string,
): Record<string, unknown> {
  const { [column]: parallel, ...others } = row.columns ?? {};
  const isKnown = typeof parallel === 'boolean';
  if (Object.keys(others).length > 0 || (parallel !== undefined && !isKnown)) lost.add('columns');
  return isKnown ? { ...value, parallel_tool_calls: parallel } : value;
}

/** Writes messages as OpenAI takes them; a text is the reason why it would not. */
export function writeMessages(messages: readonly Message[], lost: Set<string>): Record<string, unknown>[] | string {
  if (messages.length === 0) return 'has no messages';
  const written: Record<string, unknown>[] = [];
  const open: { id: string; name: string }[] = [];
  const taken = new Set(messages.flatMap(({ tool_calls: calls }) => calls?.map(({ id }) => id) ?? []));
  let number = 0;
  const freshId = (): string => {
    do number += 1;
    while (taken.has(`call_${number}`));
    lost.add('absent tool call ids');
    return `call_${number}`;
  };
  for (const message of messages) {
    const content = writeContent(message, lost);
    if (typeof content === 'object' && content !== null && 'reason' in content) return content.reason;
    const item: Record<string, unknown> = { role: message.role, content };
    if (message.name !== undefined) {
      if (message.role === 'tool') lost.add('name');
      else item['name'] = message.name;
    }
    if (message.weight !== undefined) {
      if (message.role === 'assistant') item['weight'] = message.weight;
      else lost.add('message weight');
    }
    if (message.tool_calls) {
      if (message.role !== 'assistant') return `has a tool call by the ${message.role}`;
      const calls = message.tool_calls.map((call): ToolCall => ({ ...call, id: call.id ?? freshId() }));
      open.push(...calls.map(({ id = '', function: { name } }) => ({ id, name })));
      item['tool_calls'] = calls;
    }
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? openCall(open, message.name);
      if (id === undefined) return 'has a tool result that answers no call';
      if (message.tool_call_id === undefined) lost.add('absent tool call ids');
      const index = open.findIndex((call) => call.id === id);
      if (index !== -1) open.splice(index, 1);
      item['tool_call_id'] = id;
    } else if (message.tool_call_id !== undefined) lost.add('tool call ids');
    written.push(item);
  }
  return written;
}

const openCall = (open: readonly { id: string; name: string }[], name: string | undefined): string | undefined =>
  open.find((call) => name === undefined || call.name === name)?.id;

function writeContent(
  { role, content, tool_calls: calls }: Message,
  lost: Set<string>,
): string | null | Record<string, unknown>[] | { reason: string } {
  if (content === null) return role === 'assistant' && calls ? null : { reason: 'has a message without content' };
  if (typeof content === 'string') return content;
  const parts: Record<string, unknown>[] = [];
  for (const part of content) {
    if (part.type !== 'text' && role !== 'user') return { reason: `has an image or file by the ${role}` };
    const written = writePart(part, lost);
    if (!written) return { reason: 'has a file that is neither an image nor a data URL' };
    parts.push(written);
  }
  return parts;
}

const DETAILS: ReadonlySet<string | undefined> = new Set([undefined, 'auto', 'low', 'high']);

function writePart(part: Part, lost: Set<string>): Record<string, unknown> | undefined {
  if (part.type === 'text') return { type: 'text', text: part.text };
  if (part.type === 'image_url') {
    const { url, detail } = part.image_url;
    if (DETAILS.has(detail)) return { type: 'image_url', image_url: { url, ...(detail ? { detail } : {}) } };
    lost.add('image detail');
    return { type: 'image_url', image_url: { url } };
  }
  const { uri, mimeType } = part.file;
  if (uri.startsWith(`data:${mimeType};`) || uri.startsWith(`data:${mimeType},`))
    return { type: 'file', file: { file_data: uri } };
  if (!mimeType.startsWith('image/') || !/^https?:/.test(uri)) return undefined;
  lost.add('that an image is a file');
  return { type: 'image_url', image_url: { url: uri } };
}

/** Whether messages are what OpenAI calls an output: by the assistant and its tools alone. */
export const isOutput = (messages: readonly Message[]): boolean =>
  messages.some(({ role }) => role === 'assistant') &&
  messages.every(({ role }) => role === 'assistant' || role === 'tool');
