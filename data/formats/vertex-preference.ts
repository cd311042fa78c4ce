import type { Message } from '../row.ts';
import { isObject, kindOf, quote } from './flaw.ts';
import type { Format } from './format.ts';
import { lostBeside, unwritable } from './losses.ts';
import { keepStrays, type Strays } from './strays.ts';
import { withRest } from './rest.ts';
import { readAsked } from './vertex.ts';
import { readTurn } from './vertex-read.ts';
import { writeContents, writeTurn } from './vertex-write.ts';

const USED: ReadonlySet<string> = new Set([
  'contents',
  'completions',
  'systemInstruction',
  'system_instruction',
  'tools',
]);
const COMPLETION_KEYS: ReadonlySet<string> = new Set(['score', 'completion']);

/** Preference pairs for Gemini: https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-preference-tuning-prepare */
export const vertexPreference: Format = {
  name: 'vertex-preference',
  fits: (value) => value['contents'] != null && value['completions'] != null,
  read(value, options) {
    const strays: Strays = {};
    const content = readAsked(value, strays);
    if (typeof content === 'string') return content;
    const { completions } = value;
    if (!Array.isArray(completions)) return `has "completions" that is ${kindOf(completions)}, expected a list of two`;
    if (completions.length !== 2) return `has ${completions.length} completions, expected two`;
    const read: { score: number; messages: Message[] }[] = [];
    for (const [index, item] of completions.entries()) {
      if (!isObject(item)) return `has ${kindOf(item)} as completion ${index + 1}`;
      const { score } = item;
      if (typeof score !== 'number') return `has completion ${index + 1} with a score that is ${kindOf(score)}`;
      const path = `completions[${index}]`;
      const messages = readTurn(item['completion'], path, strays);
      if (typeof messages === 'string') return `${messages} in completion ${index + 1}`;
      if (messages.some(({ role }) => role !== 'assistant'))
        return `has completion ${index + 1} by another than the model`;
      const stray = keepStrays(item, COMPLETION_KEYS, path, strays);
      if (stray) return stray;
      read.push({ score, messages });
    }
    const [first, second] = read as [(typeof read)[0], (typeof read)[0]];
    if (first.score === second.score)
      return `has two completions of the score ${quote(String(first.score))}, so neither is preferred`;
    const [better, worse] = first.score > second.score ? [first, second] : [second, first];
    // Only which is higher matters to Vertex; other scores than 1 and 0 are kept for people.
    if (better.score !== 1) strays['completions.preferred.score'] = better.score;
    if (worse.score !== 0) strays['completions.dispreferred.score'] = worse.score;
    return withRest({ ...content, chosen: better.messages, rejected: worse.messages }, value, USED, options, strays);
  },
  write(row) {
    const { chosen, rejected } = row;
    if (!chosen || !rejected) return unwritable('is no preference pair');
    const lost = lostBeside(row, []);
    const asked = writeContents(row.messages, lost);
    if (typeof asked === 'string') return unwritable(asked);
    if (asked.contents.at(-1)?.role !== 'user') return unwritable('has a prompt that does not end with the user');
    const completions: Record<string, unknown>[] = [];
    for (const [score, messages] of [chosen, rejected].map((side, index) => [1 - index, side] as const)) {
      const [message] = messages;
      if (messages.length !== 1 || message?.role !== 'assistant')
        return unwritable('has a continuation of more than one answer');
      if (message.weight !== undefined) lost.add('message weight');
      if (message.name !== undefined) lost.add('name');
      if (message.tool_call_id !== undefined) lost.add('tool call ids');
      const completion = writeTurn(message, new Map(), lost);
      if (typeof completion === 'string') return unwritable(completion);
      completions.push({ score, completion });
    }
    const value = {
      ...(asked.system ? { system_instruction: asked.system } : {}),
      contents: asked.contents,
      completions,
    };
    return { value, lost: [...lost] };
  },
};
