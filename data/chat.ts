import { createHash } from 'node:crypto';
import { render } from './template.ts';

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface Template {
  system?: string | undefined;
  prompt: string;
  completion: string;
}

/** A row as a conversation, with the ids that deduplication and splitting go by. */
export interface ChatRow {
  /** sha256 (16 hex digits) of the canonical prompt and completion: the same row has the same id everywhere. */
  id: string;
  /** sha256 (16 hex digits) of the canonical prompt alone. */
  promptId: string;
  prompt: Message[];
  completion: string;
}

/** Turns a row into a conversation. */
export function toChat(template: Template, row: Record<string, unknown>): ChatRow {
  const prompt: Message[] = [
    ...(template.system === undefined ? [] : [{ role: 'system' as const, content: render(template.system, row) }]),
    { role: 'user', content: render(template.prompt, row) },
  ];
  const completion = render(template.completion, row);
  const asked = prompt.map(({ role, content }) => `${role}\u0000${canonicalText(content)}`).join('\u0001');
  return {
    id: shortHash(`${asked}\u0001assistant\u0000${canonicalText(completion)}`),
    promptId: shortHash(asked),
    prompt,
    completion,
  };
}

/**
 * Text as compared for equality: Unicode NFC, white space folded, trimmed. Case stays, since in an answer
 * it can matter.
 */
export function canonicalText(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/**
 * Which side of a split a prompt falls on: the first 52 bits of its hash as a number in [0, 1), so a row keeps
 * its side when others come and go, and equal prompts are never on both sides.
 */
export function isTestSide(promptId: string, testShare: number): boolean {
  return Number.parseInt(promptId.slice(0, 13), 16) / 2 ** 52 < testShare;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
