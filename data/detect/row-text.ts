import type { Content, Message, Part, Row, Tool } from '../row.ts';
import { identify } from '../row.ts';

/**
 * Takes a text of a row and gives it back, changed or not. `context` is the key it stands under, such as `ssn`,
 * where it is a value in tool-call arguments or columns.
 */
export type Change = (text: string, context: string) => string;

/** Which texts beyond messages, continuations and documents are looked at. */
export interface TextScope {
  /** Columns, label and what a person said of the answer, default true. */
  columns?: boolean;
  /** Descriptions of the tools that a model is shown, default false. */
  tools?: boolean;
}

/** Puts every text of a row through a function; the very same row comes back when no text changed. */
export function changeTexts<T extends Content>(row: T, change: Change, scope: TextScope = {}): T {
  const { columns = true, tools = false } = scope;
  const changed: Partial<Content> = {};
  const set = <Key extends keyof Content>(key: Key, to: Content[Key]): void => {
    if (to !== row[key]) changed[key] = to;
  };
  set('messages', changeMessages(row.messages, change));
  if (row.chosen) set('chosen', changeMessages(row.chosen, change));
  if (row.rejected) set('rejected', changeMessages(row.rejected, change));
  if (row.document) set('document', changeFields(row.document, ['text', 'title', 'uri'], change));
  if (tools && row.tools) set('tools', changeValue(row.tools, change) as Tool[]);
  if (columns) {
    if (row.feedback) set('feedback', changeFields(row.feedback, ['comment', 'correction'], change));
    if (row.label !== undefined) set('label', change(row.label, 'label'));
    if (row.columns) set('columns', changeValue(row.columns, change) as Record<string, unknown>);
  }
  return Object.keys(changed).length === 0 ? row : { ...row, ...changed };
}

/** Shows every text of a row to a function. */
export function eachText(row: Content, see: (text: string, context: string) => void, scope: TextScope = {}): void {
  const look = (text: string, context: string): string => {
    see(text, context);
    return text;
  };
  changeTexts(row, look, scope);
}

/** The row with the identity of what it says now. */
export function identifyAgain(row: Row): Row {
  const { id: _id, promptId: _promptId, source, line, ...content } = row;
  return identify(content, source, line);
}

const changeMessages = (messages: Message[], change: Change): Message[] =>
  mapSame(messages, (message) => {
    const content =
      typeof message.content === 'string'
        ? change(message.content, '')
        : message.content === null
          ? null
          : mapSame(message.content, (part): Part =>
              part.type === 'text' ? changeFields(part, ['text'], change) : part,
            );
    const calls =
      message.tool_calls &&
      mapSame(message.tool_calls, (call) => {
        const args = changeJson(call.function.arguments, change);
        return args === call.function.arguments ? call : { ...call, function: { ...call.function, arguments: args } };
      });
    if (content === message.content && calls === message.tool_calls) return message;
    return { ...message, content, ...(calls ? { tool_calls: calls } : {}) };
  });

function changeFields<T extends object>(value: T, keys: readonly (keyof T)[], change: Change): T {
  let out = value;
  for (const key of keys) {
    const before = value[key];
    if (typeof before !== 'string') continue;
    const after = change(before, '');
    if (after !== before) out = { ...out, [key]: after };
  }
  return out;
}

function mapSame<T>(values: T[], map: (value: T) => T): T[] {
  let out: T[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const after = map(values[i]!);
    if (after !== values[i]) (out ??= values.slice())[i] = after;
  }
  return out ?? values;
}

// A string, or a run of anything that is neither white space nor structure: a number or a word.
const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}[\]:,]+/gs;

/**
 * Puts the strings and numbers of a JSON text through a function, one by one, so that it stays JSON and all else
 * stays byte by byte; a text that is no JSON is changed as a whole.
 */
export function changeJson(json: string, change: Change): string {
  if (!isJson(json)) return change(json, '');
  let key = '';
  return json.replace(JSON_TOKEN, (token, at: number) => {
    const text = token.startsWith('"') ? (JSON.parse(token) as string) : token;
    if (token.startsWith('"') && COLON.test(json.slice(at + token.length, at + token.length + 16))) key = text;
    const after = change(text, key);
    return after === text ? token : JSON.stringify(after);
  });
}

const COLON = /^\s*:/;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts every string and number inside a value through a function. It goes by a list of its own in place of the
 * call stack, since an untrusted value may be nested as deep as it likes; objects with a class stay as they are.
 */
export function changeValue(value: unknown, change: Change): unknown {
  let isChanged = false;
  const root: { value: unknown } = { value };
  const open: [from: Record<string, unknown>, to: Record<string, unknown>, context: string][] = [];
  const copyOf = (child: unknown, context: string): unknown => {
    if (typeof child === 'string' || typeof child === 'number' || typeof child === 'bigint') {
      const text = String(child);
      const after = change(text, context);
      if (after === text) return child;
      isChanged = true;
      return after;
    }
    if (!isPlain(child)) return child;
    const copy = (Array.isArray(child) ? [] : {}) as Record<string, unknown>;
    open.push([child as Record<string, unknown>, copy, context]);
    return copy;
  };
  root.value = copyOf(value, '');
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, to, context] = next;
    for (const key of Object.keys(from)) {
      const copied = copyOf(from[key], Array.isArray(from) ? context : key);
      // A plain assignment to a key named __proto__ would change the prototype.
      if (key === '__proto__')
        Object.defineProperty(to, key, { value: copied, enumerable: true, writable: true, configurable: true });
      else to[key] = copied;
    }
  }
  return isChanged ? root.value : value;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
