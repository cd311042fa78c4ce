import { terminal } from '../../configs/failure.ts';
import type { FoundRecord, SourceFile, SourceOrder } from './source.ts';

/**
 * The rows of the order's SELECT in batches: over its files (views `source`, and `source_1`, `source_2`, … one a
 * file), or from the Postgres server whose URI stands in the environment variable `connection`. `line` is the
 * number of the row. Nothing can be written by it.
 * @throws TerminalError `BadSql` for SQL that is wrong or does more than read, `NoConnection` for no or a bad URI.
 */
export async function* readSql(
  order: SourceOrder,
  files: readonly SourceFile[],
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  const { sql, connection, maxRowBytes } = order;
  if (sql === undefined) {
    const message = 'a connection needs sql: the SELECT whose rows are taken';
    throw terminal('BadSql', message);
  }
  signal?.throwIfAborted();
  // Each loaded when it is needed, for the memory that its library takes.
  if (connection !== undefined) {
    yield* (await import('./postgres.ts')).readPostgres(sql, connection, maxRowBytes, signal);
  } else {
    yield* (await import('./query-files.ts')).queryFiles(sql, files, maxRowBytes, signal);
  }
}
