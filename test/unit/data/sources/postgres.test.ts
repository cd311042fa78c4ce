import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalError } from '../../../../configs/failure.ts';
import { readSql } from '../../../../data/sources/sql.ts';
import type { FoundRecord } from '../../../../data/sources/source.ts';
import { collect } from '../../support/collect.ts';
import { failureOf } from '../../support/failures.ts';
import { freePort } from '../../../support/free-port.ts';
import { postgresPrograms, startPostgres, type PostgresServer } from './postgres-server.ts';

const PASSWORD = 'p@ss/word';
const bin = postgresPrograms();

async function query(sql: string, maxRowBytes = 1 << 20, signal?: AbortSignal): Promise<FoundRecord[]> {
  const batches = await collect(readSql({ uris: [], sql, connection: 'ROWS_URI', maxRowBytes }, [], signal));
  return batches.flat();
}

/** The terminal error's text, which must not hold the password in any spelling. */
async function said(sql: string): Promise<string> {
  const error = await failureOf(query(sql));
  expect(JSON.stringify([error, error.message, error.cause, error.stack])).not.toMatch(/p@ss|p%40ss|2Fword/);
  return `${error.type}: ${error.message}`;
}

describe('a connection', () => {
  test('that is not in the environment, or is no URI, is told by its name alone', async () => {
    vi.stubEnv('ROWS_URI', undefined);
    expect(await said('SELECT 1')).toBe(
      'NoConnection: the environment variable ROWS_URI is not set: put a Postgres URI into it, as in postgres://user:password@host:5432/database',
    );
    vi.stubEnv('ROWS_URI', 'mysql://a:p%40ss%2Fword@host/db');
    expect(await said('SELECT 1')).toBe(
      'NoConnection: the environment variable ROWS_URI holds no Postgres URI: expected one as in postgres://user:password@host:5432/database',
    );
    vi.stubEnv('ROWS_URI', 'postgres://a:p%40ss%2Fword@host:port:1/db');
    expect(await said('SELECT 1')).toMatch(/^NoConnection: ROWS_URI holds no URI that can be used: Invalid URL/);
    vi.unstubAllEnvs();
  });

  test('to a server that is not there may be tried again, and shows no password', async () => {
    vi.stubEnv('ROWS_URI', `postgres://a:p%40ss%2Fword@127.0.0.1:${await freePort()}/db`);
    const error: unknown = await query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(TerminalError);
    expect(String(error)).toMatch(/^Error: the Postgres server of ROWS_URI cannot be read from: .*ECONNREFUSED/);
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain('p%40ss');
    vi.unstubAllEnvs();
  });

  test('without sql is refused', async () => {
    const error = await failureOf(collect(readSql({ uris: [], connection: 'ROWS_URI', maxRowBytes: 1000 }, [])));
    expect(error.message).toBe('a connection needs sql: the SELECT whose rows are taken');
  });
});

describe('Postgres', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    if (bin === undefined) return;
    server = await startPostgres(bin, PASSWORD);
    const client = new Client({ connectionString: server.uri });
    await client.connect();
    await client.query('CREATE TABLE rows AS SELECT i AS id, $$row $$ || i AS text FROM generate_series(1, 2500) i');
    await client.end();
  }, 60_000);
  afterAll(() => server?.stop());

  beforeEach(({ skip }) => {
    if (bin === undefined) skip('no Postgres server programs in /usr/lib/postgresql');
    vi.stubEnv('ROWS_URI', server.uri);
    return () => vi.unstubAllEnvs();
  });

  test('gives the rows of a SELECT in their order, as plain JSON', async () => {
    const found = await query('SELECT id, text FROM rows ORDER BY id; -- all of them');
    expect(found).toHaveLength(2500);
    expect(found[2499]).toEqual({ line: 2500, value: { id: 2500, text: 'row 2500' } });
    const [record] = await query(`SELECT 9007199254740993 AS large, 1::bigint AS small, 1.50::numeric AS decimal,
      '12345678901234567890.12'::numeric AS long_decimal, 'NaN'::float8 AS nan, date '2024-02-29' AS day,
      timestamp '2024-02-29 12:00' AS time, timestamptz '2024-02-29 12:00+02' AS zoned, '\\x4142'::bytea AS bytes,
      interval '1 day' AS span, '{"a":[1]}'::jsonb AS json, ARRAY[[1,2],[3,null]]::bigint[] AS numbers,
      ARRAY[date '2024-02-29'] AS days, NULL AS nothing, true AS yes, '00000000-0000-0000-0000-000000000001'::uuid AS id`);
    expect(record).toEqual({
      line: 1,
      value: {
        large: '9007199254740993',
        small: 1,
        decimal: 1.5,
        long_decimal: '12345678901234567890.12',
        nan: null,
        day: '2024-02-29',
        time: '2024-02-29T12:00:00',
        zoned: '2024-02-29T10:00:00Z',
        bytes: 'AB',
        span: '1 day',
        json: { a: [1] },
        numbers: [
          [1, 2],
          [3, null],
        ],
        days: ['2024-02-29'],
        nothing: null,
        yes: true,
        id: '00000000-0000-0000-0000-000000000001',
      },
    });
    expect(await query("WITH w AS (SELECT repeat('x', 2000) AS t) TABLE w", 1000)).toMatchObject([
      { reason: 'is 2009 bytes long, more than maxRowBytes 1000' },
    ]);
    expect(await query('SELECT 1 WHERE false')).toEqual([]);
  });

  test('SQL that is wrong, or does more than read, is refused', async () => {
    const all = [];
    for (const sql of [
      'SELEC 1',
      'SELECT id\nFROM rows\nWHERE nope = 1',
      'SELECT 1 AS a, 2 AS a',
      'SELECT 1 / (id - 1500) FROM rows ORDER BY id',
      '/* nothing */',
      'SELECT 1; DROP TABLE rows',
      'DROP TABLE rows',
      "COPY rows TO PROGRAM 'touch /tmp/x'",
      'WITH gone AS (DELETE FROM rows RETURNING id) SELECT * FROM gone',
      'SELECT * FROM rows FOR UPDATE',
      'SELECT 1 INTO other',
      "SELECT setval('s', 1)",
      'COMMIT',
      '(SELECT 1',
    ]) {
      all.push(await said(sql));
    }
    expect(all).toMatchInlineSnapshot(`
      [
        "BadSql: the sql is refused, since a source is only read: it begins with SELEC. Write one SELECT",
        "BadSql: the sql cannot be used (line 3, column 7): column "nope" does not exist",
        "BadSql: the sql cannot be used: it has two columns "a": name one of them with AS",
        "BadSql: the sql cannot be used: division by zero",
        "BadSql: the sql cannot be used: there is no statement in it",
        "BadSql: the sql is refused, since a source is only read: it holds several statements. Write one SELECT",
        "BadSql: the sql is refused, since a source is only read: it begins with DROP. Write one SELECT",
        "BadSql: the sql is refused, since a source is only read: it begins with COPY. Write one SELECT",
        "BadSql: the sql is refused, since a source is only read: DECLARE CURSOR must not contain data-modifying statements in WITH. Write one SELECT",
        "BadSql: the sql is refused, since a source is only read: cannot execute SELECT FOR UPDATE in a read-only transaction. Write one SELECT",
        "BadSql: the sql cannot be used (line 1, column 15): SELECT ... INTO is not allowed here",
        "BadSql: the sql cannot be used (line 1, column 15): relation "s" does not exist",
        "BadSql: the sql is refused, since a source is only read: it begins with COMMIT. Write one SELECT",
        "BadSql: the sql cannot be used (line 1, column 10): syntax error at end of input",
      ]
    `);
    expect(await query('SELECT count(*) AS count FROM rows')).toEqual([{ line: 1, value: { count: 2500 } }]);
  });

  test('that refuses the password or the database is told without it', async () => {
    vi.stubEnv('ROWS_URI', server.uri.replace('anneal:', 'anneal:x'));
    expect(await said('SELECT 1')).toBe(
      'NoConnection: the server of ROWS_URI refuses the connection: password authentication failed for user "anneal". Check user, password and database',
    );
    vi.stubEnv('ROWS_URI', server.uri.replace(/postgres$/, 'nowhere'));
    expect(await said('SELECT 1')).toBe(
      'NoConnection: the server of ROWS_URI refuses the connection: database "nowhere" does not exist. Check user, password and database',
    );
  });

  test('is left when the work is aborted', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stop')), 200);
    const started = performance.now();
    await expect(query('SELECT pg_sleep(30)', 1000, stop.signal)).rejects.toThrow('stop');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
