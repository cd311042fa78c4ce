import { tokensOf, type Lesson } from '../learned.ts';

interface Message {
  role?: string;
  content?: unknown;
}

/** What the service makes of a training file. */
export interface Rows {
  lessons: Lesson[];
  rows: number;
  tokens: number;
  /** The first row that cannot be read: the job fails. */
  problem?: string;
}

/** Text of messages; those of the system are passed over. */
export const promptOf = (messages: readonly Message[]): string =>
  messages
    .filter(({ role }) => role !== 'system' && role !== 'developer')
    .map(({ content }) => contentOf(content))
    .join('\n');

/** Text of a message's content, which may come in parts. */
export function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((part) => String((part as { text?: string }).text ?? '')).join(' ') : '';
}

/** Reads rows of `messages`, or of `input`, `preferred_output` and `non_preferred_output`. */
export function readRows(text: string, method: 'supervised' | 'dpo'): Rows {
  const found: Rows = { lessons: [], rows: 0, tokens: 0 };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    found.rows += 1;
    const lesson = method === 'dpo' ? pairOf(line) : chatOf(line);
    if (typeof lesson === 'string')
      return { ...found, problem: `The job failed due to an invalid training file. Line ${found.rows}: ${lesson}` };
    found.lessons.push({ prompt: lesson.prompt, answer: lesson.answer });
    found.tokens += tokensOf(lesson.whole);
  }
  return found;
}

type Read = (Lesson & { whole: string }) | string;

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function chatOf(line: string): Read {
  const row = objectOf(line);
  if (!row) return 'Invalid JSON.';
  const messages = row['messages'] as Message[] | undefined;
  if (!Array.isArray(messages) || messages.length === 0) return "missing key 'messages'.";
  const odd = messages.find(({ role }) => !['system', 'developer', 'user', 'assistant', 'tool'].includes(role ?? ''));
  if (odd) return `invalid role '${odd.role}'.`;
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return 'last message must be from the assistant.';
  const prompt = promptOf(messages.slice(0, -1));
  const answer = contentOf(last.content);
  return { prompt, answer, whole: messages.map(({ content }) => contentOf(content)).join(' ') };
}

function pairOf(line: string): Read {
  const row = objectOf(line);
  if (!row) return 'Invalid JSON.';
  const messages = (row['input'] as { messages?: Message[] } | undefined)?.messages;
  if (!Array.isArray(messages) || messages.length === 0) return "missing key 'input'.";
  const [preferred, other] = ['preferred_output', 'non_preferred_output'].map(
    (key) => row[key] as Message[] | undefined,
  );
  if (preferred?.[0]?.role !== 'assistant') return "missing key 'preferred_output'.";
  if (other?.[0]?.role !== 'assistant') return "missing key 'non_preferred_output'.";
  const all = [...messages, ...preferred, ...other];
  return {
    prompt: promptOf(messages),
    answer: contentOf(preferred[0].content),
    whole: all.map(({ content }) => contentOf(content)).join(' '),
  };
}
