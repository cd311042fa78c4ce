import type { Content, Message } from '../row.ts';
import { unwritable } from './losses.ts';
import type { Written } from './format.ts';
import { ASIDE } from './rest.ts';

const PART =
  'STRUCT(type VARCHAR, text VARCHAR, image_url STRUCT(url VARCHAR, detail VARCHAR), file STRUCT(uri VARCHAR, "mimeType" VARCHAR))';
const CALL = 'STRUCT(id VARCHAR, type VARCHAR, function STRUCT(name VARCHAR, arguments VARCHAR))';

/** Fields of a message; null where a message has none. */
const FIELDS = {
  role: 'VARCHAR',
  content: 'VARCHAR',
  parts: `${PART}[]`,
  name: 'VARCHAR',
  weight: 'TINYINT',
  tool_calls: `${CALL}[]`,
  tool_call_id: 'VARCHAR',
} as const;

const MESSAGES = `STRUCT(${Object.entries(FIELDS)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')})[]`;

/** Types of the columns that rows are written in; a file has those that its rows use. */
const COLUMNS: Readonly<Record<string, string>> = {
  messages: MESSAGES,
  prompt: MESSAGES,
  completion: MESSAGES,
  chosen: MESSAGES,
  rejected: MESSAGES,
  // JSON text, as TRL takes it: the parameters of two tools have no common Parquet type.
  tools: 'VARCHAR',
  text: 'VARCHAR',
  title: 'VARCHAR',
  uri: 'VARCHAR',
  label: 'BOOLEAN',
  rating: 'DOUBLE',
  comment: 'VARCHAR',
  correction: 'VARCHAR',
  [ASIDE]: 'VARCHAR',
};

/**
 * Writes a row for Parquet: `messages` for a conversation, else TRL's columns. What these have no place for
 * (label, weight, origin, further columns) goes as JSON text into one column, from which our readers take it back.
 */
export function writeForParquet(row: Content): Written {
  const { document, feedback, chosen, rejected, tools } = row;
  const { label, weight, origin, columns } = row;
  const beside = { label, weight, origin, columns };
  const aside = Object.values(beside).some((value) => value !== undefined) ? { [ASIDE]: JSON.stringify(beside) } : {};
  const withTools = { ...(tools ? { tools: JSON.stringify(tools) } : {}), ...aside };
  if (document) {
    const lost = [
      ...(row.messages.length > 0 ? ['messages'] : []),
      ...(tools ? ['tools'] : []),
      ...(feedback ? ['feedback'] : []),
    ];
    return { value: { ...document, ...aside }, lost };
  }
  if (row.messages.length === 0) return unwritable('has no messages');
  if (chosen && rejected) {
    const value = {
      prompt: row.messages.map(flat),
      chosen: chosen.map(flat),
      rejected: rejected.map(flat),
      ...withTools,
    };
    return { value, lost: feedback ? ['feedback'] : [] };
  }
  const messages = row.messages.map(flat);
  if (!feedback) return { value: { messages, ...withTools }, lost: [] };
  if (row.messages.at(-1)?.role !== 'assistant' || messages.length < 2) return unwritable('has feedback on no answer');
  const { good, ...others } = feedback;
  const judged = { ...(good === undefined ? {} : { label: good }), ...others };
  return {
    value: { prompt: messages.slice(0, -1), completion: messages.slice(-1), ...judged, ...withTools },
    lost: [],
  };
}

/** A field of Parquet has one type, so content that is more than text stands in a field of its own. */
const flat = ({ content, ...message }: Message): Record<string, unknown> =>
  Array.isArray(content) ? { ...message, parts: content } : { ...message, content };

/** Turns rows written by {@link writeForParquet} as JSON Lines into a Parquet file; `longest` is the longest line. */
export async function parquetFromJsonl(
  lines: string,
  file: string,
  used: ReadonlySet<string>,
  longest: number,
): Promise<void> {
  const names = Object.keys(COLUMNS).filter((name) => used.has(name));
  const types = (names.length > 0 ? names : ['messages']).map((name) => `${name}: ${text(COLUMNS[name] as string)}`);
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' });
  try {
    const connection = await instance.connect();
    try {
      // A character of JavaScript is up to three bytes of UTF-8.
      const limit = Math.max(1 << 24, longest * 3 + 1024);
      const source = `read_json(${text(lines)}, format = 'newline_delimited', columns = {${types.join(', ')}}, maximum_object_size = ${limit})`;
      await connection.run(`COPY (SELECT * FROM ${source}) TO ${text(file)} (FORMAT parquet, COMPRESSION zstd)`);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** A text of SQL. */
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
