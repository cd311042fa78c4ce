import { Template } from '@huggingface/jinja';
import { messageOf } from '../../configs/failure.ts';
import { textOf, type Message, type Row } from '../row.ts';

/** Writes a conversation down as the model reads it. `reply`: with the start of an answer behind it. */
export type Render = (messages: readonly Message[], tools: Row['tools'], reply: boolean) => string;

// What the trainer puts before templates that print the day (chat.py), so that a row is the same tokens on every day.
const FIXED_DATE =
  '{%- macro strftime_now(format) -%}' +
  "{{ {'%d %b %Y': '26 Jul 2024', '%d %B %Y': '26 July 2024', '%B %d, %Y': 'July 26, 2024'}" +
  ".get(format, '2024-07-26') }}" +
  '{%- endmacro -%}';

/**
 * Reads a chat template as the trainer does: no reasoning asked for, a fixed day. A text says why it cannot be read.
 * One thing differs: where a template trims, Python also takes off U+001C to U+001F and U+0085, and leaves U+FEFF.
 *
 * @param specials Control tokens by the names that templates use, e.g. `bos_token`.
 */
export function readTemplate(source: string, specials: Record<string, string>): Render | string {
  let template: Template;
  try {
    template = new Template(source.includes('strftime_now') ? FIXED_DATE + source : source);
  } catch (error) {
    return `its chat template cannot be read (${messageOf(error)})`;
  }
  return (messages, tools, reply) =>
    template.render({
      ...specials,
      messages: messages.map(forTemplate),
      tools: tools ?? null,
      documents: null,
      add_generation_prompt: reply,
      enable_thinking: false,
    });
}

/** Templates take text, and arguments of a call as an object. */
function forTemplate(message: Message): Record<string, unknown> {
  const content = message.content === null ? null : textOf(message);
  const calls = message.tool_calls?.map((call) => ({
    ...call,
    function: { name: call.function.name, arguments: parsed(call.function.arguments) },
  }));
  return {
    role: message.role,
    content,
    ...(message.name === undefined ? {} : { name: message.name }),
    ...(message.tool_call_id === undefined ? {} : { tool_call_id: message.tool_call_id }),
    ...(calls ? { tool_calls: calls } : {}),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Some rows hold arguments that are no JSON; templates print a text as it is.
    return json;
  }
}
