import type { PolicySettings } from '../../configs/policies.ts';
import type { Message, Row } from '../row.ts';
import { textOf } from '../row.ts';
import type { Policy } from './policy.ts';

/** Who speaks when; each kind of row has its own rules, and the reason names the message, counted from 1. */
export const roles: Policy<PolicySettings<'roles'>> = {
  name: 'roles',
  side: 'all',
  start({ action }) {
    return {
      apply(row) {
        const why = reasonFor(row);
        return why === undefined ? undefined : { out: action, why };
      },
    };
  },
};

function reasonFor(row: Row): string | undefined {
  const { messages, chosen, rejected, document, feedback } = row;
  if (document) return document.text.trim() === '' ? 'the document is empty' : undefined;
  if (messages.length === 0) return 'no messages';
  const talk = new Talk();
  const wrong = talk.follow(messages, 'message');
  if (wrong !== undefined) return wrong;
  if (chosen || rejected) return reasonForPair(row, talk);
  const last = messages.at(-1)!;
  const isAnswered = last.role === 'assistant';
  if (feedback) {
    const { good, rating, comment, correction } = feedback;
    const isSaid = good !== undefined || rating !== undefined || isText(comment) || isText(correction);
    if (!isSaid) return 'the feedback says nothing';
    return isAnswered || isText(correction) ? undefined : 'feedback without an answer that it is about';
  }
  return isAnswered ? undefined : `message ${messages.length}: the last is of role ${last.role}, not an answer`;
}

const isText = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

function reasonForPair({ messages, chosen, rejected }: Row, talk: Talk): string | undefined {
  const { role } = messages.at(-1)!;
  if (role !== 'user' && role !== 'tool') return `message ${messages.length}: the prompt of a pair ends with ${role}`;
  for (const [name, continuation] of [
    ['chosen', chosen],
    ['rejected', rejected],
  ] as const) {
    if (!continuation || continuation.length === 0) return `${name} is missing`;
    const wrong = talk.copy().follow(continuation, `${name} message`);
    if (wrong !== undefined) return wrong;
    if (continuation.at(-1)!.role !== 'assistant') return `${name} does not end with an answer`;
  }
  return said(chosen!) === said(rejected!) ? 'chosen and rejected are the same' : undefined;
}

const said = (messages: Message[]): string =>
  messages
    .map((message) => `${message.role}\0${partsOf(message)}\0${(message.tool_calls ?? []).map(spellCall).join('\0')}`)
    .join('\u0001');
const partsOf = (message: Message): string =>
  Array.isArray(message.content)
    ? message.content.map((part) => (part.type === 'text' ? part.text.trim() : JSON.stringify(part))).join('\n')
    : textOf(message).trim();
const spellCall = ({ function: { name, arguments: args } }: NonNullable<Message['tool_calls']>[number]): string =>
  `${name} ${args}`;

/** A conversation as far as it was followed. */
class Talk {
  private seenUser = false;
  private seenSystem = false;
  private previous: Message | undefined;
  private isEmpty = true;
  /** Ids of calls that have no result yet, in order; undefined where the data has none. */
  private open: (string | undefined)[] = [];

  copy(): Talk {
    return Object.assign(new Talk(), this, { open: [...this.open] });
  }

  /** Follows messages; the first thing out of order comes back as a reason. */
  follow(messages: readonly Message[], name: string): string | undefined {
    for (const [i, message] of messages.entries()) {
      const wrong = this.next(message);
      if (wrong !== undefined) return `${name} ${i + 1}: ${wrong}`;
      this.previous = message;
      this.isEmpty = false;
    }
    return undefined;
  }

  private next(message: Message): string | undefined {
    if (isEmpty(message)) return `empty (${message.role})`;
    if (message.role !== 'tool' && this.open.length > 0) {
      return message.role === 'assistant'
        ? 'an answer before the result of the tool call'
        : `${message.role} speaks before the result of the tool call`;
    }
    switch (message.role) {
      case 'system':
      case 'developer':
        if (this.seenSystem) return 'two system messages';
        this.seenSystem = true;
        return this.isEmpty ? undefined : 'the system message is not the first';
      case 'user':
        this.seenUser = true;
        return undefined;
      case 'assistant':
        if (!this.seenUser) return 'an answer before any user message';
        if (this.previous?.role === 'assistant') return 'two answers in a row';
        this.open = (message.tool_calls ?? []).map(({ id }) => id);
        return undefined;
      case 'tool':
        return this.close(message.tool_call_id);
      default:
        return `unknown role ${JSON.stringify(String(message.role).slice(0, 40))}`;
    }
  }

  private close(id: string | undefined): string | undefined {
    if (this.open.length === 0) return 'a tool result without a call before it';
    const exact = this.open.indexOf(id);
    // Vertex writes no ids: there the order of the results is that of the calls.
    const at =
      exact === -1 && (id === undefined || this.open.includes(undefined))
        ? id === undefined
          ? 0
          : this.open.indexOf(undefined)
        : exact;
    if (at === -1) return `a tool result for ${JSON.stringify(String(id).slice(0, 40))}, which was not called`;
    this.open.splice(at, 1);
    return undefined;
  }
}

function isEmpty(message: Message): boolean {
  if (message.tool_calls !== undefined && message.tool_calls.length > 0) return false;
  // A tool may well give back nothing.
  if (message.role === 'tool') return false;
  if (Array.isArray(message.content) && message.content.some(({ type }) => type !== 'text')) return false;
  return textOf(message).trim() === '';
}
