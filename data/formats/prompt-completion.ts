import type { Content, Message } from '../row.ts';
import { isObject, kindOf } from './flaw.ts';
import type { Format, Written } from './format.ts';
import { lostBeside, TAKEN, unwritable, withColumns } from './losses.ts';
import { readMessages } from './messages.ts';
import type { Strays } from './strays.ts';
import { isReason, said, textAt, withRest } from './rest.ts';
import { argumentsOf, readTools } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['prompt', 'completion', 'tools']);

/** What others call a completion; beside a prompt without one it is not to be passed over. */
export const ANSWERS = ['response', 'answer', 'output', 'reply', 'target', 'completions', 'label', 'expected'] as const;

/** Prompt and completion, as texts or, as TRL has them, as lists of messages; a prompt alone, too. */
export const promptCompletion: Format = {
  name: 'prompt-completion',
  fits: ({ prompt, completion }) =>
    prompt != null && (completion != null || typeof prompt === 'string' || Array.isArray(prompt)),
  read(value, options) {
    const strays: Strays = {};
    const content = readPair(value, strays);
    return typeof content === 'string' ? content : withRest(content, value, USED, options, strays);
  },
  write(row) {
    if (row.document || row.chosen) return unwritable('is no conversation');
    const lost = lostBeside(row, ['tools', 'label', 'columns']);
    const value = writePair(row, lost);
    if (typeof value === 'string') return unwritable(value);
    return trlRow(value, row, lost);
  },
};

/** Reads prompt, completion and tools; a text is the reason why they cannot be read. */
export function readPair(value: Record<string, unknown>, strays: Strays): Content | string {
  const prompt = readSide(value, 'prompt', 'user', strays);
  if (typeof prompt === 'string') return prompt;
  const completion =
    value['completion'] === undefined || value['completion'] === null
      ? []
      : readSide(value, 'completion', 'assistant', strays);
  if (typeof completion === 'string') return completion;
  const tools = readTools(value['tools'], 'tools', strays);
  if (typeof tools === 'string') return tools;
  return { messages: [...prompt, ...completion], ...(tools ? { tools } : {}) };
}

/** Reads one side of a row of TRL: a text, a list of messages, or one message; a text is a reason. */
export function readSide(
  value: Record<string, unknown>,
  key: string,
  role: Message['role'],
  strays: Strays,
): Message[] | string {
  const found = value[key];
  if (isObject(found)) return readMessages([found], key, strays);
  if (Array.isArray(found)) return readMessages(found, key, strays);
  const text = textAt(value, key);
  if (isReason(text)) return `has "${key}" that is ${kindOf(found)}, expected a text or a list of messages`;
  return text === undefined ? `has no "${key}"` : [said(role, text)];
}

/** Writes a conversation as TRL takes it: prompt and completion where an answer ends it, else `messages` or the prompt alone. */
export function writePair(row: Content, lost: Set<string>): Record<string, unknown> | string {
  const messages = writeTrlMessages(row.messages, lost);
  if (typeof messages === 'string') return messages;
  const tools = row.tools ? { tools: row.tools } : {};
  const isAnswered = row.messages.at(-1)?.role === 'assistant';
  if (isAnswered && messages.length > 1)
    return { prompt: messages.slice(0, -1), completion: messages.slice(-1), ...tools };
  return isAnswered ? { messages, ...tools } : { prompt: messages, ...tools };
}

/** Writes messages as TRL's chat templates want them: arguments of calls as objects. A text is a reason. */
export function writeTrlMessages(messages: readonly Message[], lost: Set<string>): Record<string, unknown>[] | string {
  if (messages.length === 0) return 'has no messages';
  const written: Record<string, unknown>[] = [];
  for (const { role, content, name, weight, tool_calls: calls, tool_call_id: id } of messages) {
    if (weight !== undefined) lost.add('message weight');
    if (Array.isArray(content) && content.some(({ type }) => type !== 'text'))
      return 'has an image or file, which TRL keeps in a column of its own';
    if (content === null && !calls) return 'has a message without content';
    const asObjects: Record<string, unknown>[] = [];
    for (const call of calls ?? []) {
      const args = argumentsOf(call.function.arguments);
      if (!args) return 'has a tool call whose arguments are no object';
      if (!args.same) lost.add('spelling of arguments');
      asObjects.push({ ...call, function: { name: call.function.name, arguments: args.value } });
    }
    written.push({
      role,
      ...(content === null ? {} : { content }),
      ...(name === undefined ? {} : { name }),
      ...(calls ? { tool_calls: asObjects } : {}),
      ...(id === undefined ? {} : { tool_call_id: id }),
    });
  }
  return written;
}

/** Adds label and columns to what is written for TRL; a column that would be taken for an answer or a judgement is lost. */
export function trlRow(value: Record<string, unknown>, row: Content, lost: Set<string>): Written {
  const extended = withColumns(value, row, lost, TAKEN);
  const drop = (key: string): void => {
    if (!Object.hasOwn(row.columns ?? {}, key) || !Object.hasOwn(extended, key) || Object.hasOwn(value, key)) return;
    if (key === 'label' && row.label !== undefined) return;
    delete extended[key];
    lost.add('columns');
  };
  if (row.feedback === undefined && typeof extended['label'] === 'boolean') drop('label');
  if ('prompt' in value && !('completion' in value) && !('chosen' in value)) for (const key of ANSWERS) drop(key);
  return { value: extended, lost: [...lost] };
}
