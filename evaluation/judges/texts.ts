import { textOf, type Message, type Part, type TestRow } from '../../data/row.ts';
import type { Shown } from './fence.ts';

/** The question of a row as a judge reads it. */
export const questionOf = ({ messages }: Pick<TestRow, 'messages'>): Shown => ({
  title: 'The question',
  text: messages.map(spoken).join('\n\n'),
});

/** What would have been right, when the row says so. */
export const referenceOf = ({ reference }: Pick<TestRow, 'reference'>): Shown[] =>
  reference.trim() === '' ? [] : [{ title: 'A reference answer, as a help', text: reference }];

function spoken(message: Message): string {
  const { role, content, tool_calls } = message;
  const hidden = Array.isArray(content) ? content.filter(({ type }: Part) => type !== 'text').length : 0;
  return [
    `${role}: ${textOf(message)}`,
    ...(hidden === 0 ? [] : [`(${hidden} pictures or files that are not shown)`]),
    ...(tool_calls ? [JSON.stringify(tool_calls.map((call) => call.function))] : []),
  ].join('\n');
}

/** More retrieved texts than this are not judged in one question. */
const MOST_CONTEXTS = 100;
/** UTF-16 units of all of them together. */
const MOST_OF_ALL = 48_000;

/** The retrieved texts of a row, in their order; a text says why there are none. */
export function contextsOf(row: TestRow, column: string): Shown[] | { why: string } {
  const columns = row.columns ?? {};
  const value = Object.hasOwn(columns, column) ? columns[column] : undefined;
  if (value === undefined || value === null) return { why: `the row has no column ${column}` };
  const list = typeof value === 'string' ? listIn(value) : value;
  if (!Array.isArray(list) || !list.every((one) => typeof one === 'string'))
    return { why: `the column ${column} holds neither a text nor a list of texts` };
  if (list.length > MOST_CONTEXTS)
    return { why: `the row has ${list.length} contexts, more than the ${MOST_CONTEXTS} that are judged at once` };
  const most = Math.floor(MOST_OF_ALL / Math.max(1, list.length));
  return list.map((text, i) => ({ title: `Context ${i + 1}`, text, most }));
}

/** A list that a table had to spell as JSON, or one text. */
function listIn(value: string): unknown {
  if (!value.trimStart().startsWith('[')) return [value];
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : [value];
  } catch {
    return [value];
  }
}
