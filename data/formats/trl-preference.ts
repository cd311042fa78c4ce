import { isDeepStrictEqual } from 'node:util';
import type { Content, Message } from '../row.ts';
import type { Format } from './format.ts';
import { lostBeside, unwritable } from './losses.ts';
import type { Strays } from './strays.ts';
import { readSide, trlRow, writeTrlMessages } from './prompt-completion.ts';
import { isReason, said, textAt, withRest } from './rest.ts';
import { readTools } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['prompt', 'chosen', 'rejected', 'tools']);

/** Preference pairs as TRL and most datasets on Hugging Face have them, the prompt given or only implied. */
export const trlPreference: Format = {
  name: 'trl-preference',
  fits: ({ chosen, rejected }) => chosen != null && rejected != null,
  read(value, options) {
    const strays: Strays = {};
    const content = readPreference(value, strays);
    if (typeof content === 'string') return content;
    const tools = readTools(value['tools'], 'tools', strays);
    if (typeof tools === 'string') return tools;
    return withRest({ ...content, ...(tools ? { tools } : {}) }, value, USED, options, strays);
  },
  write(row) {
    if (!row.chosen || !row.rejected) return unwritable('is no preference pair');
    const lost = lostBeside(row, ['tools', 'label', 'columns']);
    const sides: Record<string, unknown>[][] = [];
    for (const side of [row.messages, row.chosen, row.rejected]) {
      const messages = writeTrlMessages(side, lost);
      if (typeof messages === 'string') return unwritable(messages);
      sides.push(messages);
    }
    const [prompt, chosen, rejected] = sides;
    return trlRow({ prompt, chosen, rejected, ...(row.tools ? { tools: row.tools } : {}) }, row, lost);
  },
};

function readPreference(value: Record<string, unknown>, strays: Strays): Content | string {
  const hasPrompt = value['prompt'] !== undefined && value['prompt'] !== null;
  if (!hasPrompt && typeof value['chosen'] === 'string') return implied(value);
  const chosen = readSide(value, 'chosen', 'assistant', strays);
  if (typeof chosen === 'string') return chosen;
  const rejected = readSide(value, 'rejected', 'assistant', strays);
  if (typeof rejected === 'string') return rejected;
  const shared = commonStart(chosen, rejected);
  if (!hasPrompt) {
    if (shared === 0) return 'has no "prompt", and "chosen" and "rejected" do not begin alike';
    return { messages: chosen.slice(0, shared), chosen: chosen.slice(shared), rejected: rejected.slice(shared) };
  }
  const prompt = readSide(value, 'prompt', 'user', strays);
  if (typeof prompt === 'string') return prompt;
  // Some datasets give the prompt and repeat it in both answers; an answer never begins with the user.
  if (shared > 0 && ['system', 'developer', 'user'].includes(chosen[0]?.role ?? ''))
    return { messages: chosen.slice(0, shared), chosen: chosen.slice(shared), rejected: rejected.slice(shared) };
  return { messages: prompt, chosen, rejected };
}

/** How many messages two conversations begin with in common, their last ones never counted. */
function commonStart(one: readonly Message[], other: readonly Message[]): number {
  const most = Math.min(one.length, other.length) - 1;
  let shared = 0;
  while (shared < most && isDeepStrictEqual(one[shared], other[shared])) shared += 1;
  return shared;
}

/** Two texts that begin alike, as TRL takes them apart: where they part is where the answer begins, its space included. */
function implied(value: Record<string, unknown>): Content | string {
  const chosen = textAt(value, 'chosen');
  const rejected = textAt(value, 'rejected');
  if (isReason(chosen)) return chosen.reason;
  if (isReason(rejected)) return rejected.reason;
  if (chosen === undefined || rejected === undefined) return 'has only one of "chosen" and "rejected"';
  let shared = 0;
  while (shared < Math.min(chosen.length, rejected.length) && chosen[shared] === rejected[shared]) shared += 1;
  if (chosen[shared - 1] === ' ') shared -= 1;
  // Between the halves of a surrogate pair no text may end.
  if (shared > 0 && !chosen.slice(0, shared).isWellFormed()) shared -= 1;
  if (shared === 0) return 'has no "prompt", and "chosen" and "rejected" do not begin alike';
  return {
    messages: [said('user', chosen.slice(0, shared))],
    chosen: [said('assistant', chosen.slice(shared))],
    rejected: [said('assistant', rejected.slice(shared))],
  };
}
