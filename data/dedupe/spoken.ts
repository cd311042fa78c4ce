import { promptOf, textOf, type Content, type Message } from '../row.ts';

const isSpoken = ({ role }: Message): boolean => role === 'user' || role === 'assistant';

/**
 * What user and assistant say in a row, and a document's text. System messages are left out: they are the same
 * everywhere and would make every row like every other.
 */
export function spokenIn({ messages, chosen = [], rejected = [], document }: Content): string[] {
  const texts: string[] = [];
  for (const message of messages) if (isSpoken(message)) texts.push(textOf(message));
  for (const message of chosen) if (isSpoken(message)) texts.push(textOf(message));
  for (const message of rejected) if (isSpoken(message)) texts.push(textOf(message));
  if (document) texts.push(document.text);
  return texts;
}

/** The same without the answer; a document is its own prompt. */
export function askedIn(row: Content): string[] {
  const texts = promptOf(row).filter(isSpoken).map(textOf);
  return row.document ? [...texts, row.document.text] : texts;
}
