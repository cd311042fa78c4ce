import type { Content, Message } from '../row.ts';
import type { Format } from './format.ts';
import { lostBeside, TAKEN, unwritable, withColumns } from './losses.ts';
import type { Strays } from './strays.ts';
import { isReason, said, textAt, withRest } from './rest.ts';
import { readTurn, readTurns, writeTurn } from './sharegpt-turns.ts';
import { readTools } from './tools.ts';

const USED: ReadonlySet<string> = new Set(['conversations', 'system', 'tools']);
const USED_BY_PAIRS: ReadonlySet<string> = new Set([...USED, 'chosen', 'rejected']);
const USED_BY_FEEDBACK: ReadonlySet<string> = new Set([...USED, 'kto_tag']);

/** ShareGPT as LLaMA-Factory, Axolotl and FastChat read it. */
export const sharegpt: Format = {
  name: 'sharegpt',
  fits: (value) => value['conversations'] != null,
  read(value, options) {
    const strays: Strays = {};
    const turns = readTurns(value['conversations'], strays);
    if (typeof turns === 'string') return turns;
    const system = textAt(value, 'system');
    if (isReason(system)) return system.reason;
    const tools = readTools(value['tools'], 'tools', strays);
    if (typeof tools === 'string') return tools;
    const content: Content = {
      messages: system ? [said('system', system), ...turns] : turns,
      ...(tools ? { tools } : {}),
    };
    if (value['chosen'] == null || value['rejected'] == null) {
      if (typeof value['kto_tag'] !== 'boolean') return withRest(content, value, USED, options, strays);
      content.feedback = { good: value['kto_tag'] };
      return withRest(content, value, USED_BY_FEEDBACK, options, strays);
    }
    const chosen = readTurn(value['chosen'], 'chosen', strays);
    if (typeof chosen === 'string') return `${chosen} in "chosen"`;
    const rejected = readTurn(value['rejected'], 'rejected', strays);
    if (typeof rejected === 'string') return `${rejected} in "rejected"`;
    content.chosen = [chosen];
    content.rejected = [rejected];
    return withRest(content, value, USED_BY_PAIRS, options, strays);
  },
  write(row) {
    if (row.document) return unwritable('is a document');
    const { chosen, rejected } = row;
    const lost = lostBeside(row, ['tools', 'label', 'columns', 'feedback']);
    const conversations = writeAll(row.messages, lost);
    if (typeof conversations === 'string') return unwritable(conversations);
    if (conversations.length === 0) return unwritable('has no messages');
    // Declarations stand in a text of JSON, and without the wrapping of OpenAI.
    const tools = row.tools ? { tools: JSON.stringify(row.tools.map((tool) => tool.function)) } : {};
    if (chosen && rejected) {
      if (chosen.length !== 1 || rejected.length !== 1) return unwritable('has a continuation of more than one answer');
      const answers = writeAll([...chosen, ...rejected], lost);
      if (typeof answers === 'string') return unwritable(answers);
      const [better, worse] = answers;
      if (!alternates(row.messages, 1)) lost.add('turns that LLaMA-Factory skips, since they do not alternate');
      const value = { conversations, ...tools, chosen: better, rejected: worse };
      return { value: withColumns(value, row, lost, TAKEN), lost: [...lost] };
    }
    if (!alternates(row.messages, 0)) lost.add('turns that LLaMA-Factory skips, since they do not alternate');
    const { good, ...others } = row.feedback ?? {};
    if (Object.keys(others).length > 0) lost.add('rating, comment or correction');
    const value = { conversations, ...tools, ...(good === undefined ? {} : { kto_tag: good }) };
    return { value: withColumns(value, row, lost, TAKEN), lost: [...lost] };
  },
};

function writeAll(messages: readonly Message[], lost: Set<string>): Record<string, unknown>[] | string {
  const turns: Record<string, unknown>[] = [];
  for (const message of messages) {
    const turn = writeTurn(message, lost);
    if (typeof turn === 'string') return turn;
    turns.push(turn);
  }
  return turns;
}

/** Whether asking and answering alternate after the system message, and an answer is or (odd: 1) is not the end. */
function alternates(messages: readonly Message[], odd: 0 | 1): boolean {
  const start = messages[0]?.role === 'system' || messages[0]?.role === 'developer' ? 1 : 0;
  return (
    messages
      .slice(start)
      .every(({ role }, index) => (index % 2 === 0 ? role === 'user' || role === 'tool' : role === 'assistant')) &&
    messages.length > start &&
    (messages.length - start) % 2 === odd
  );
}
