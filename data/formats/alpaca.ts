import type { Content, Message } from '../row.ts';
import { kindOf } from './flaw.ts';
import type { Format } from './format.ts';
import { lostBeside, plainText, TAKEN, unwritable, withColumns } from './losses.ts';
import { isReason, said, textAt, withRest } from './rest.ts';
import type { Strays } from './strays.ts';
import { readTools } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['instruction', 'input', 'output', 'system', 'history', 'tools']);
const USED_BY_PAIRS: ReadonlySet<string> = new Set([...USED, 'chosen', 'rejected']);

/** Stanford's Alpaca as LLaMA-Factory reads it: with `system`, `history`, `chosen` and `rejected`, `kto_tag`. */
export const alpaca: Format = {
  name: 'alpaca',
  fits: (value) => value['instruction'] != null,
  read(value, options) {
    const texts = ['system', 'instruction', 'input', 'output', 'chosen', 'rejected'].map((key) => textAt(value, key));
    for (const found of texts) if (isReason(found)) return found.reason;
    const [system, instruction, input, output, chosen, rejected] = texts as (string | undefined)[];
    if (instruction === undefined) return 'has no "instruction"';
    const history = readHistory(value['history']);
    if (typeof history === 'string') return history;
    const strays: Strays = {};
    const tools = readTools(value['tools'], 'tools', strays);
    if (typeof tools === 'string') return tools;
    // An empty system text says the same as none: it is what a column without values holds.
    const messages = system ? [said('system', system), ...history] : history;
    messages.push(said('user', [instruction, input].filter((text) => text !== undefined && text !== '').join('\n')));
    const content: Content = { messages, ...(tools ? { tools } : {}) };
    if (chosen !== undefined && rejected !== undefined) {
      content.chosen = [said('assistant', chosen)];
      content.rejected = [said('assistant', rejected)];
      return withRest(content, value, output ? withoutOutput : USED_BY_PAIRS, options, strays);
    }
    if (output === undefined) return 'has no "output"';
    messages.push(said('assistant', output));
    if (typeof value['kto_tag'] !== 'boolean') return withRest(content, value, USED, options, strays);
    content.feedback = { good: value['kto_tag'] };
    return withRest(content, value, USED_BY_FEEDBACK, options, strays);
  },
  write(row) {
    if (row.document) return unwritable('is a document');
    const { chosen, rejected } = row;
    const lost = lostBeside(row, ['label', 'columns', 'feedback']);
    const turns = writeTurns(row.messages, lost);
    if (typeof turns === 'string') return unwritable(turns);
    const { system, texts } = turns;
    const about = system ? { system } : {};
    if (chosen && rejected) {
      if (texts.length % 2 === 0) return unwritable('has a prompt that does not end with the user');
      const answers = [chosen, rejected].map((side) => writeAnswer(side, lost));
      for (const answer of answers) if (isReason(answer)) return unwritable(answer.reason);
      const [better, worse] = answers;
      const value = { ...about, ...asked(texts), chosen: better, rejected: worse };
      return { value: withColumns(value, row, lost, TAKEN), lost: [...lost] };
    }
    if (texts.length % 2 === 1) return unwritable('has no answer');
    const { good, ...others } = row.feedback ?? {};
    if (Object.keys(others).length > 0) lost.add('rating, comment or correction');
    const value = {
      ...about,
      ...asked(texts.slice(0, -1)),
      output: texts.at(-1),
      ...(good === undefined ? {} : { kto_tag: good }),
    };
    return { value: withColumns(value, row, lost, TAKEN), lost: [...lost] };
  },
};

const withoutOutput: ReadonlySet<string> = new Set([...USED_BY_PAIRS].filter((key) => key !== 'output'));
const USED_BY_FEEDBACK: ReadonlySet<string> = new Set([...USED, 'kto_tag']);

function readHistory(found: unknown): Message[] | string {
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found)) return `has "history" that is ${kindOf(found)}, expected a list of pairs`;
  const messages: Message[] = [];
  for (const [index, pair] of found.entries()) {
    if (!Array.isArray(pair) || pair.length !== 2) return `has turn ${index + 1} of "history" that is no pair of texts`;
    for (const [side, text] of pair.entries()) {
      const read = textAt({ history: text }, 'history');
      if (typeof read !== 'string') return isReason(read) ? read.reason : 'has nothing in a pair of "history"';
      messages.push(said(side === 0 ? 'user' : 'assistant', read));
    }
  }
  return messages;
}

const asked = (texts: readonly string[]): Record<string, unknown> => {
  const history: (string | undefined)[][] = [];
  for (let turn = 0; turn + 1 < texts.length; turn += 2) history.push([texts[turn], texts[turn + 1]]);
  return { instruction: texts.at(-1), input: '', ...(history.length > 0 ? { history } : {}) };
};

/** The texts of a conversation whose speakers take turns, beginning with the user; a text is a reason. */
function writeTurns(
  messages: readonly Message[],
  lost: Set<string>,
): { system: string | undefined; texts: string[] } | string {
  const [first, ...others] = messages;
  const isLed = first?.role === 'system' || first?.role === 'developer';
  if (first?.role === 'developer') lost.add('developer role');
  const texts: string[] = [];
  for (const message of isLed ? others : messages) {
    if (message.role !== (texts.length % 2 === 0 ? 'user' : 'assistant'))
      return 'has messages that are not by user and assistant in turn';
    const text = writeText(message, lost);
    if (typeof text === 'object') return text.reason;
    texts.push(text);
  }
  const system = isLed ? writeText(first, lost) : undefined;
  if (typeof system === 'object') return system.reason;
  if (system === '') lost.add('empty system message');
  return texts.length === 0 ? 'has no messages' : { system, texts };
}

function writeAnswer(side: readonly Message[], lost: Set<string>): string | { reason: string } {
  const [message] = side;
  if (side.length !== 1 || message?.role !== 'assistant')
    return { reason: 'has a continuation of more than one answer' };
  return writeText(message, lost);
}

function writeText(message: Message, lost: Set<string>): string | { reason: string } {
  if (message.tool_calls) return { reason: 'has a tool call' };
  if (message.content === null) return { reason: 'has a message without content' };
  if (message.weight !== undefined) lost.add('message weight');
  if (message.name !== undefined) lost.add('name');
  if (message.tool_call_id !== undefined) lost.add('tool call ids');
  return plainText(message, lost) ?? { reason: 'has an image or file' };
}
