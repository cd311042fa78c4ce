import { hash } from 'node:crypto';

/**
 * The one form that every kind of row is read into and written out of: a superset of the OpenAI chat form.
 * Roles, tool calls and content parts are named as there.
 */
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** A piece of a message that is not plain text alone. `file` holds what Vertex calls fileData. */
export type Part =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: string } }
  | { type: 'file'; file: { uri: string; mimeType: string } };

export interface ToolCall {
  id?: string;
  type: 'function';
  /** `arguments` is JSON text. */
  function: { name: string; arguments: string };
}

export interface Message {
  role: Role;
  /** null only beside tool calls. */
  content: string | Part[] | null;
  name?: string;
  /** 0: an answer that is shown but not learned from. */
  weight?: 0 | 1;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
}

export interface Tool {
  type: 'function';
  function: { name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean };
}

/** What a person thought of an answer. */
export interface Feedback {
  /** Thumbs up or down. */
  good?: boolean;
  rating?: number;
  comment?: string;
  /** The answer that would have been right. */
  correction?: string;
}

/** Who made a synthetic row, and out of what. */
export interface Origin {
  strategy: string;
  generator: string;
  /** sha256 of the generator's settings, 16 hex digits. */
  settings: string;
  seed: number;
  /** sha256 of the prompt, 16 hex digits. */
  prompt: string;
  /** Ids of the rows it was made from. */
  parents: string[];
  /** Who confirmed it; without this it may not be in a test set. */
  confirmedBy?: string;
}

/** What a row says, before it has an identity. */
export interface Content {
  /** The conversation, answer included; for a preference pair the prompt alone; empty for a document. */
  messages: Message[];
  tools?: Tool[];
  /** The better and the worse continuation of a preference pair. */
  chosen?: Message[];
  rejected?: Message[];
  /** A grounding document. */
  document?: { text: string; title?: string; uri?: string };
  feedback?: Feedback;
  /** How much the row counts in training; default 1. */
  weight?: number;
  /** The class it belongs to. */
  label?: string;
  /** Columns and keys that the form has no place for, as they came. */
  columns?: Record<string, unknown>;
  origin?: Origin;
}

/** A row with its identity and the place it came from. */
export interface Row extends Content {
  /** sha256 (16 hex digits) of the canonical content: the same row has the same id everywhere. */
  id: string;
  /** sha256 (16 hex digits) of what is asked alone. */
  promptId: string;
  /** Number of the file in its dataset's list of sources, from 0. */
  source: number;
  /** Line or record in it, from 1. */
  line: number;
  /** Set by preparation: what the row is for. */
  side?: 'train' | 'test';
}

/** A row of a prepared test set: the conversation up to the last answer, and that answer as what is expected. */
export interface TestRow extends Row {
  reference: string;
}

/** Gives content its identity. */
export function identify(content: Content, source: number, line: number): Row {
  const { messages, chosen, rejected, document, tools } = content;
  const isAnswered = chosen === undefined && messages.at(-1)?.role === 'assistant';
  const asked = spell(isAnswered ? messages.slice(0, -1) : messages) + (tools ? `\u0002${JSON.stringify(tools)}` : '');
  const rest =
    (isAnswered ? spell(messages.slice(-1)) : '') +
    (chosen ? `\u0003${spell(chosen)}` : '') +
    (rejected ? `\u0004${spell(rejected)}` : '') +
    (document ? `\u0005${canonicalText(document.text)}` : '');
  // Last, so that content that had an identity before gets its new one.
  return { ...content, id: shortHash(`${asked}\u0001${rest}`), promptId: shortHash(asked), source, line };
}

const spell = (messages: readonly Message[]): string => messages.map(spellOne).join('\u0001');

function spellOne({ role, content, tool_calls, tool_call_id }: Message): string {
  const text = typeof content === 'string' ? canonicalText(content) : content === null ? '' : spellParts(content);
  const calls = tool_calls ? `\u0006${JSON.stringify(tool_calls.map((call) => call.function))}` : '';
  return `${role}\u0000${text}${calls}${tool_call_id === undefined ? '' : `\u0007${tool_call_id}`}`;
}

const spellParts = (parts: readonly Part[]): string =>
  parts.map((part) => (part.type === 'text' ? canonicalText(part.text) : JSON.stringify(part))).join('\u0008');

const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/**
 * Text as compared for equality: Unicode NFC, white space folded, trimmed. Case stays, since in an answer
 * it can matter.
 */
export function canonicalText(text: string): string {
  // Most text is plain already, and looking is cheaper than folding.
  return PLAIN.test(text) ? text : text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** The text of a message, parts joined by a line break. */
export function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  if (content === null) return '';
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** What the row answers with: the last assistant message, or the chosen one. */
export function answerOf({ messages, chosen }: Content): string {
  const last = chosen?.at(-1) ?? messages.at(-1);
  return last?.role === 'assistant' ? textOf(last) : '';
}

/** What is asked: every message but the answer. */
export function promptOf({ messages, chosen }: Content): Message[] {
  return chosen === undefined && messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages;
}

/** All the text a person or model would read in a row: prompt, answers, document; one string a message. */
export function textsOf({ messages, chosen = [], rejected = [], document }: Content): string[] {
  const texts = [...messages, ...chosen, ...rejected].map(textOf);
  return document ? [...texts, document.title ?? '', document.text] : texts;
}

/** The row with every text put through a function; tool calls stay as they are. */
export function mapTexts<T extends Content>(row: T, change: (text: string) => string): T {
  const inMessage = (message: Message): Message => {
    if (message.content === null) return message;
    if (typeof message.content === 'string') return { ...message, content: change(message.content) };
    const parts = message.content.map((part) =>
      part.type === 'text' ? { type: 'text' as const, text: change(part.text) } : part,
    );
    return { ...message, content: parts };
  };
  return {
    ...row,
    messages: row.messages.map(inMessage),
    ...(row.chosen ? { chosen: row.chosen.map(inMessage) } : {}),
    ...(row.rejected ? { rejected: row.rejected.map(inMessage) } : {}),
    ...(row.document ? { document: { ...row.document, text: change(row.document.text) } } : {}),
  };
}

const shortHash = (text: string): string => hash('sha256', text, 'hex').slice(0, 16);
