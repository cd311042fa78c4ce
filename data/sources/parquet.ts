import { messageOf, terminal } from '../../configs/failure.ts';
import { inDuckDb, quotedPath, rowsOf } from './duckdb.ts';
import type { FoundRecord, SourceFile } from './source.ts';

/**
 * The rows of a Parquet file in the order of the file, read by DuckDB a few thousand at a time.
 * @throws TerminalError `BadData` for a file that is damaged.
 */
export async function* readParquet(
  { path }: SourceFile,
  maxRowBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  const sql = `SELECT * FROM read_parquet(${quotedPath(path)})`;
  let last = 0;
  try {
    const batches = inDuckDb(
      [path],
      async () => undefined,
      async function* (connection) {
        yield* rowsOf(await connection.stream(sql), maxRowBytes);
      },
      signal,
    );
    for await (const batch of batches) {
      yield batch;
      last = batch.at(-1)?.line ?? last;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const until = last === 0 ? 'No row could be read' : `The rows up to ${last} could be read`;
    const why = messageOf(error).split('\n', 1)[0];
    throw terminal(
      'BadData',
      `${path} is damaged, or no Parquet that can be read: ${why}. ${until}. Export the file again`,
      { file: path, line: last },
      error,
    );
  }
}
