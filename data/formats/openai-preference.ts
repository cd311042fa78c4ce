import type { Content } from '../row.ts';
import { isObject, kindOf } from './flaw.ts';
import type { Format } from './format.ts';
import { lostBeside, unwritable } from './losses.ts';
import { readMessages } from './messages.ts';
import { keepStrays, type Strays } from './strays.ts';
import { isOutput, withParallel, writeMessages } from './openai.ts';
import { withRest } from './rest.ts';
import { readTools } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['input', 'preferred_output', 'non_preferred_output']);
const INPUT_KEYS: ReadonlySet<string> = new Set(['messages', 'tools']);

/** Preference pairs as OpenAI's direct preference optimization takes them; Together and Fireworks do, too. */
export const openaiPreference: Format = {
  name: 'openai-preference',
  fits: (value) => value['preferred_output'] != null || value['non_preferred_output'] != null,
  read(value, options) {
    const { input } = value;
    if (!isObject(input)) return `has "input" that is ${kindOf(input)}, expected an object with messages`;
    const strays: Strays = {};
    const messages = readMessages(input['messages'], 'input.messages', strays);
    if (typeof messages === 'string') return messages;
    const chosen = readMessages(value['preferred_output'], 'preferred_output', strays);
    if (typeof chosen === 'string') return chosen;
    const rejected = readMessages(value['non_preferred_output'], 'non_preferred_output', strays);
    if (typeof rejected === 'string') return rejected;
    const tools = readTools(input['tools'], 'input.tools', strays);
    if (typeof tools === 'string') return tools;
    const stray = keepStrays(input, INPUT_KEYS, 'input', strays);
    if (stray) return stray;
    const content: Content = { messages, ...(tools ? { tools } : {}), chosen, rejected };
    return withRest(content, value, USED, options, strays);
  },
  write(row) {
    const { chosen, rejected } = row;
    if (!chosen || !rejected) return unwritable('is no preference pair');
    if (!isOutput(chosen) || !isOutput(rejected))
      return unwritable('has a continuation that is not the answer of an assistant');
    const lost = lostBeside(row, ['tools', 'columns']);
    // Written as one, so that results find the calls of the prompt.
    const better = writeMessages([...row.messages, ...chosen], lost);
    if (typeof better === 'string') return unwritable(better);
    const worse = writeMessages([...row.messages, ...rejected], lost);
    if (typeof worse === 'string') return unwritable(worse);
    const asked = row.messages.length;
    if (asked === 0) return unwritable('has no messages');
    const input: Record<string, unknown> = {
      messages: better.slice(0, asked),
      ...(row.tools ? { tools: row.tools } : {}),
    };
    return {
      value: {
        input: withParallel(input, row, lost, 'input.parallel_tool_calls'),
        preferred_output: better.slice(asked),
        non_preferred_output: worse.slice(asked),
      },
      lost: [...lost],
    };
  },
};
