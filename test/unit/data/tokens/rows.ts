import { identify, type Content, type Message, type Row } from '../../../../data/row.ts';

/** A row of a dialogue, alternately of the user and the assistant. */
export function dialogue(...texts: string[]): Row {
  const messages = texts.map((content, at): Message => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
  return row({ messages });
}

/** Content at a place. */
export const row = (content: Content, line = 1, source = 0): Row => identify(content, source, line);
