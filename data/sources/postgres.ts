import { Client } from 'pg';
import { messageOf, systemCode, terminal, TerminalError } from '../../configs/failure.ts';
import { badSql, firstWord, notReadOnly, placeIn } from './bad-sql.ts';
import { checked } from './duckdb.ts';
import { parserOf } from './postgres-types.ts';
import type { FoundRecord } from './source.ts';

/** Rows a round trip; more would hold the event loop for longer. */
const FETCH_ROWS = 1000;
/** A statement that has given nothing for so long has to be helped by a person. */
const STATEMENT_TIMEOUT_MS = 600_000;
const CONNECT_TIMEOUT_MS = 15_000;

/** What a cursor can be declared for; Postgres itself refuses the rest, in words that help less. */
const READS = new Set(['SELECT', 'WITH', 'VALUES', 'TABLE']);
const DECLARE = 'DECLARE rows_of_source NO SCROLL CURSOR FOR\n';

/**
 * The rows of one SELECT from a Postgres server, through a cursor in a read-only transaction that is rolled back.
 * The URI is read from the environment and is part of no error.
 * @throws TerminalError `NoConnection`, `BadSql`; any other error may go away by itself.
 */
export async function* readPostgres(
  sql: string,
  connection: string,
  maxRowBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  const word = firstWord(sql);
  if (word === '') throw badSql('there is no statement in it');
  if (!READS.has(word)) throw notReadOnly(`it begins with ${word}`);
  const uri = uriOf(connection);
  const hide = redactor(uri);
  let client: Client;
  try {
    client = new Client({
      connectionString: uri,
      application_name: 'anneal',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      types: { getTypeParser: parserOf },
    });
  } catch (error) {
    // Not kept as the cause: Node puts the whole URI into it.
    throw terminal('NoConnection', `${connection} holds no URI that can be used: ${hide(messageOf(error))}`);
  }
  // An idle client that is cut off says so in an event, which must not end the process; the next query fails, too.
  client.on('error', () => undefined);
  const cut = (): void => void client.end().catch(() => undefined);
  signal?.addEventListener('abort', cut);
  try {
    await client.connect();
    await client.query('BEGIN READ ONLY');
    await client.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    await client.query("SET LOCAL TIME ZONE 'UTC'");
    await client.query('SET LOCAL datestyle = ISO');
    // The extended protocol takes one statement alone, so nothing can follow behind a semicolon.
    const declared = { text: `${DECLARE}${sql}`, queryMode: 'extended' };
    await client.query(declared);
    let line = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { rows, fields } = await client.query<Record<string, unknown>>(`FETCH ${FETCH_ROWS} FROM rows_of_source`);
      const names = fields.map(({ name }) => name);
      const twice = names.find((name, number) => names.indexOf(name) !== number);
      if (twice !== undefined) throw badSql(`it has two columns "${twice}": name one of them with AS`);
      if (rows.length === 0) break;
      yield rows.map((row) => checked((line += 1), row, maxRowBytes));
    }
    await client.query('ROLLBACK');
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof TerminalError ? error : translate(error, sql, connection, hide);
  } finally {
    signal?.removeEventListener('abort', cut);
    await client.end().catch(() => undefined);
  }
}

function uriOf(connection: string): string {
  const uri = process.env[connection];
  const example = 'postgres://user:password@host:5432/database';
  if (uri === undefined || uri === '') {
    const message = `the environment variable ${connection} is not set: put a Postgres URI into it, as in ${example}`;
    throw terminal('NoConnection', message, { variable: connection });
  }
  if (/^postgres(?:ql)?:\/\//.test(uri)) return uri;
  const message = `the environment variable ${connection} holds no Postgres URI: expected one as in ${example}`;
  throw terminal('NoConnection', message, { variable: connection });
}

/** A short password may be a word of any message; it is taken out of URIs alone. */
const SHORTEST_SECRET = 4;

/** Takes the URI and its password out of a text. */
function redactor(uri: string): (text: string) => string {
  const written = [/^[^:]+:\/\/[^/@]*?:([^/]*)@/.exec(uri)?.[1], /[?&]password=([^&]*)/.exec(uri)?.[1]];
  const secrets = written
    .filter((secret) => secret !== undefined)
    .flatMap((secret) => [secret, decoded(secret)])
    .filter((secret) => secret.length >= SHORTEST_SECRET);
  return (text) =>
    [uri, ...secrets]
      .reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
      .replaceAll(/(\w+:\/\/[^:@/\s]*:)[^@\s]*@/g, '$1***@');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function translate(error: unknown, sql: string, connection: string, hide: (text: string) => string): Error {
  const code = systemCode(error) ?? '';
  const said = hide(messageOf(error) || code);
  if (code.startsWith('28') || code === '3D000') {
    const message = `the server of ${connection} refuses the connection: ${said}. Check user, password and database`;
    return terminal('NoConnection', message, { variable: connection });
  }
  if (code === '25006' || /DECLARE CURSOR must not contain data-modifying/.test(said)) return notReadOnly(said);
  if (code === '42601' && said.includes('multiple commands')) return notReadOnly('it holds several statements');
  if (code === '57014') {
    return badSql(`it ran longer than ${STATEMENT_TIMEOUT_MS / 1000} s, or an administrator ended it (${said})`);
  }
  // Syntax, names and rights; values that cannot be worked with; features that are not there.
  if (/^(?:42|22|0A|21)/.test(code)) {
    const position = error instanceof Error && 'position' in error ? Number(error.position) : Number.NaN;
    return badSql(said, Number.isNaN(position) ? undefined : placeIn(sql, position - 1 - DECLARE.length));
  }
  return new Error(`the Postgres server of ${connection} cannot be read from: ${said}`);
}
