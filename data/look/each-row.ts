import type { Row } from '../row.ts';

/** Rows from memory or from a stream. */
export type Rows = Iterable<Row> | AsyncIterable<Row>;

/** Shows each row to a function; rows in memory without a turn of the event loop for each. */
export async function eachRow(rows: Rows, see: (row: Row) => void): Promise<void> {
  if (Symbol.iterator in rows) for (const row of rows) see(row);
  else for await (const row of rows) see(row);
}
