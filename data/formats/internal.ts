import type { Content, Feedback, Message, Origin } from '../row.ts';
import { flawOf, isObject, kindOf, quote, setOwn } from './flaw.ts';
import type { FormatOptions } from './format.ts';
import { readMessages } from './messages.ts';
import type { Strays } from './strays.ts';
import { readTools } from './tools.ts';

const ID = /^[0-9a-f]{16}$/;

/** Whether an object is a row as Anneal itself writes it, with its identity. */
export function isOwnRow(value: Record<string, unknown>): boolean {
  return (
    typeof value['promptId'] === 'string' &&
    ID.test(value['promptId']) &&
    typeof value['id'] === 'string' &&
    ID.test(value['id']) &&
    Array.isArray(value['messages'])
  );
}

/** Whether an object is a line of a quarantine file: why a row was put aside, and mostly that row. */
export function isQuarantined(value: Record<string, unknown>): boolean {
  return (
    typeof value['reason'] === 'string' &&
    (typeof value['line'] === 'number' || (isObject(value['row']) && isOwnRow(value['row']))) &&
    Object.keys(value).length <= QUARANTINE_KEYS.size &&
    Object.keys(value).every((key) => QUARANTINE_KEYS.has(key))
  );
}

/** What ingest, prepare and synthesize write beside a row. */
const QUARANTINE_KEYS: ReadonlySet<string> = new Set([
  'file',
  'side',
  'source',
  'line',
  'policy',
  'filter',
  'reason',
  'detail',
  'row',
  'excerpt',
]);

/** The mended row in a line of a quarantine file; a text says why there is none to read. */
export function mendedRow(value: Record<string, unknown>): Record<string, unknown> | string {
  const { row, file, line } = value;
  if (isObject(row)) return row;
  const from = typeof file === 'string' ? `${file}:${String(line)}` : `line ${String(line)} of its source`;
  return row === undefined || row === null
    ? `was put aside without its row: mend ${quote(from)}, or put the mended row under "row"`
    : `has a "row" that is ${kindOf(row)}, expected the mended row as an object`;
}

const KNOWN: ReadonlySet<string> = new Set([
  'id',
  'promptId',
  'source',
  'line',
  'side',
  'messages',
  'tools',
  'chosen',
  'rejected',
  'document',
  'feedback',
  'weight',
  'label',
  'columns',
  'origin',
  'reference',
]);

/** Reads a row of our own back without loss; its identity is to be computed anew. A text is a reason. */
export function readOwnRow(value: Record<string, unknown>, { label }: FormatOptions): Content | string {
  const strays: Strays = {};
  const given = value['messages'] as unknown[];
  const messages = given.length === 0 ? [] : readMessages(given, 'messages', strays);
  if (typeof messages === 'string') return messages;
  const tools = readTools(value['tools'], 'tools', strays);
  if (typeof tools === 'string') return tools;
  const content: Content = { messages: withReference(messages, value['reference']) };
  if (tools) content.tools = tools;
  for (const side of ['chosen', 'rejected'] as const) {
    if (value[side] === undefined || value[side] === null) continue;
    const continuation = readMessages(value[side], side, strays);
    if (typeof continuation === 'string') return continuation;
    content[side] = continuation;
  }
  if ((content.chosen === undefined) !== (content.rejected === undefined)) return 'has only one of chosen and rejected';
  const aside = readAside(value);
  if (aside === undefined) return 'has a document, feedback, weight, label, columns or origin of another shape';
  Object.assign(content, aside);
  if (content.messages.length === 0 && !content.document) return 'has an empty list of "messages"';
  for (const key of Object.keys(value)) {
    if (KNOWN.has(key)) continue;
    const flaw = flawOf([key, value[key]]);
    if (flaw) return `has ${flaw} in ${quote(key)}`;
    setOwn(strays, key, value[key]);
  }
  if (Object.keys(strays).length > 0) content.columns = { ...content.columns, ...strays };
  // A recipe may name another column as the class than the one that the row was prepared with.
  const named =
    label !== undefined && Object.hasOwn(content.columns ?? {}, label) ? content.columns?.[label] : undefined;
  if (typeof named === 'string' || typeof named === 'number' || typeof named === 'boolean')
    content.label = String(named);
  return content;
}

/** A row of a test set keeps its last answer apart; as a row it is a whole conversation again. */
function withReference(messages: Message[], reference: unknown): Message[] {
  if (typeof reference !== 'string' || messages.at(-1)?.role === 'assistant') return messages;
  return [...messages, { role: 'assistant', content: reference }];
}

type Aside = Pick<Content, 'document' | 'feedback' | 'weight' | 'label' | 'columns' | 'origin'>;

/** What stands beside the messages of a row of ours; undefined where it is of another shape. */
export function readAside(value: unknown): Aside | undefined {
  if (!isObject(value) || flawOf(value)) return undefined;
  const { document, feedback, weight, label, columns, origin } = value;
  const aside: Aside = {};
  if (document !== undefined) {
    if (!isObject(document) || typeof document['text'] !== 'string') return undefined;
    const { text, title, uri } = document;
    if (!isText(title) || !isText(uri)) return undefined;
    aside.document = { text, ...(title === undefined ? {} : { title }), ...(uri === undefined ? {} : { uri }) };
  }
  if (feedback !== undefined) {
    if (!isFeedback(feedback)) return undefined;
    aside.feedback = feedback;
  }
  if (weight !== undefined) {
    if (typeof weight !== 'number' || !(weight >= 0)) return undefined;
    aside.weight = weight;
  }
  if (label !== undefined) {
    if (typeof label !== 'string') return undefined;
    aside.label = label;
  }
  if (columns !== undefined) {
    if (!isObject(columns)) return undefined;
    aside.columns = columns;
  }
  if (origin !== undefined) {
    if (!isOrigin(origin)) return undefined;
    aside.origin = origin;
  }
  return aside;
}

const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';

function isFeedback(value: unknown): value is Feedback {
  if (!isObject(value)) return false;
  const { good, rating, comment, correction, ...others } = value;
  return (
    (good === undefined || typeof good === 'boolean') &&
    (rating === undefined || typeof rating === 'number') &&
    isText(comment) &&
    isText(correction) &&
    Object.keys(others).length === 0
  );
}

function isOrigin(value: unknown): value is Origin {
  if (!isObject(value)) return false;
  const { strategy, generator, settings, seed, prompt, parents, confirmedBy } = value;
  return (
    [strategy, generator, settings, prompt].every((text) => typeof text === 'string') &&
    typeof seed === 'number' &&
    Array.isArray(parents) &&
    parents.every((parent) => typeof parent === 'string') &&
    isText(confirmedBy)
  );
}
