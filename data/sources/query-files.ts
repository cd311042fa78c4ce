import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { StatementType } from '@duckdb/node-api';
import { messageOf, terminal, TerminalError } from '../../configs/failure.ts';
import { badSql, firstWord, notReadOnly } from './bad-sql.ts';
import { inDuckDb, quoted, quotedPath, rowsOf } from './duckdb.ts';
import type { FoundRecord, SourceFile } from './source.ts';

/** More files than this have no view of their own, only their part in `source`. */
const MOST_VIEWS = 100;

/** Runs one SELECT over files in DuckDB, which can read those files and nothing else. */
export async function* queryFiles(
  sql: string,
  files: readonly SourceFile[],
  maxRowBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  if (files.length === 0) {
    throw terminal('BadSql', 'sql needs files to read from, or a connection: name them in uri');
  }
  try {
    yield* inDuckDb(
      files.map(({ path }) => path),
      (connection) => makeViews(connection, files, maxRowBytes),
      async function* (connection) {
        const statement = await prepareOne(connection, sql);
        yield* rowsOf(await statement.stream(), maxRowBytes);
      },
      signal,
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TerminalError) throw error;
    const message = messageOf(error);
    // A view looks at the first rows alone; what is wrong with a later one comes out in the middle of the query.
    if (/Malformed JSON|CSV Error|in file ['"]/.test(message)) {
      throw terminal('BadData', `a file of the source cannot be read by DuckDB: ${firstLine(message)}`, {}, error);
    }
    throw refusal(error);
  }
}

async function makeViews(
  connection: DuckDBConnection,
  files: readonly SourceFile[],
  maxRowBytes: number,
): Promise<void> {
  const tables: string[] = [];
  for (const [number, file] of files.entries()) {
    const table = tableOf(file, maxRowBytes);
    tables.push(`SELECT * FROM ${table}`);
    try {
      // Also for more files than have a view: each is looked into, so that an error names its file.
      const name = number < MOST_VIEWS ? `source_${number + 1}` : 'source_other';
      await connection.run(`CREATE OR REPLACE VIEW ${name} AS SELECT * FROM ${table}`);
    } catch (error) {
      const why = firstLine(messageOf(error));
      throw terminal('BadData', `${file.path} cannot be read by DuckDB: ${why}`, { file: file.path }, error);
    }
  }
  if (files.length > MOST_VIEWS) await connection.run('DROP VIEW source_other');
  await connection.run(`CREATE VIEW source AS ${tables.join(' UNION ALL BY NAME ')}`);
}

function tableOf({ path, container, compression }: SourceFile, maxRowBytes: number): string {
  const packing = `compression = ${quoted(compression ?? 'uncompressed')}`;
  if (container === 'parquet') return `read_parquet(${quotedPath(path)})`;
  if (container === 'csv' || container === 'tsv') {
    return `read_csv(${quotedPath(path)}, header = true, all_varchar = true, ${packing})`;
  }
  if (container === 'arrow') {
    const message = `${path} is an Arrow file, which sql cannot read: leave out sql, or save the data set as Parquet`;
    throw terminal('BadData', message, { file: path });
  }
  const layout = container === 'jsonl' ? 'newline_delimited' : 'auto';
  return `read_json(${quotedPath(path)}, format = '${layout}', maximum_object_size = ${maxRowBytes}, ${packing})`;
}

/** The statement, if it is a single SELECT. */
async function prepareOne(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  // DuckDB has no word for a text without a statement in it.
  if (firstWord(sql) === '') throw badSql('there is no statement in it');
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw notReadOnly(`it holds ${statements.count} statements`);
  let statement: DuckDBPreparedStatement;
  try {
    statement = await statements.prepare(0);
  } catch (error) {
    // Looking names up comes first in DuckDB; that nothing may be written is what a person has to know first.
    const word = firstWord(sql);
    throw /^(?:INSERT|UPDATE|DELETE|MERGE|DROP|ALTER|TRUNCATE|COPY|EXPORT|IMPORT|ATTACH|LOAD)$/.test(word)
      ? notReadOnly(`it begins with ${word}`)
      : error;
  }
  // DuckDB takes a PRAGMA that shows something for a SELECT.
  if (statement.statementType !== StatementType.SELECT || firstWord(sql) === 'PRAGMA')
    throw notReadOnly(`it begins with ${firstWord(sql)}`);
  if (statement.parameterCount > 0) throw badSql('it has parameters, and there are no values for them');
  return statement;
}

const firstLine = (message: string): string => message.split('\n', 1)[0]?.trim() ?? '';

/** DuckDB shows the line with a caret below it. */
function refusal(error: unknown): TerminalError {
  const message = messageOf(error).replace(/^Failed to extract statements: /, '');
  const shown = /\n+LINE (\d+): (.*)\n( *)\^/.exec(message);
  const [what = message] = shown ? [message.slice(0, shown.index)] : [message.split('\n\n', 1)[0]];
  const prefix = `LINE ${shown?.[1]}: `.length;
  const at =
    shown && !shown[2]?.startsWith('...')
      ? { line: Number(shown[1]), column: Math.max(1, (shown[3]?.length ?? 0) - prefix + 1) }
      : undefined;
  return badSql(what.replaceAll('\n', ' ').trim(), at, error);
}
