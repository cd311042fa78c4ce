import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import * as arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { findFiles } from '../../../../data/sources/find.ts';
import { readSql } from '../../../../data/sources/sql.ts';
import type { FoundRecord } from '../../../../data/sources/source.ts';
import { collect } from '../../support/collect.ts';
import { failureOf } from '../../support/failures.ts';
import { folderWith } from '../../support/folder.ts';

const files = {
  'a.jsonl': '{"id":1,"text":"x","m":[{"role":"user"}]}\n{"id":2,"text":"y"}\n',
  'b.csv': 'id;label\n1;spam\n2;ham\n',
  'c.jsonl.zst': zstdCompressSync('{"id":3}\n'),
  'd.json': '[{"id":4}]',
  "it's [1].jsonl": '{"id":5}\n',
};

async function query(
  sql: string,
  names: string[],
  folder = folderWith(files),
  maxRowBytes = 1 << 20,
): Promise<unknown[]> {
  const found = await findFiles(names.map((name) => join(folder, name)));
  const batches = await collect(readSql({ uris: [], sql, maxRowBytes }, found));
  return batches.flat().map((record: FoundRecord) => ('value' in record ? record.value : record.reason));
}

async function said(sql: string, names = ['a.jsonl'], folder = folderWith(files)): Promise<string> {
  const { type, message } = await failureOf(query(sql, names, folder));
  return `${type}: ${message.replaceAll(folder, 'FOLDER')}`;
}

describe('a SELECT over files', () => {
  test('reads them all as source, and each by its number', async () => {
    expect(await query('SELECT id, text, m FROM source ORDER BY id', ['a.jsonl'])).toEqual([
      { id: 1, text: 'x', m: [{ role: 'user' }] },
      { id: 2, text: 'y', m: null },
    ]);
    const joined = "SELECT text, label FROM source_1 JOIN source_2 USING (id) WHERE text = 'x'; -- done";
    expect(await query(joined, ['a.jsonl', 'b.csv'])).toEqual([{ text: 'x', label: 'spam' }]);
    const all = ['a.jsonl', 'c.jsonl.zst', 'd.json', "it's [1].jsonl"];
    expect(await query('WITH s AS (SELECT id FROM source) SELECT sum(id) AS sum FROM s', all)).toEqual([{ sum: 15 }]);
  });

  test('puts rows aside that are too long', async () => {
    expect(await query("SELECT repeat('x', 100000) AS t", ['a.jsonl'], undefined, 1000)).toEqual([
      'is 100009 bytes long, more than maxRowBytes 1000',
    ]);
  });

  test('that is wrong is refused with the place', async () => {
    const all = [];
    for (const sql of [
      'SELEC 1',
      'SELECT id\nFROM source\nWHERE nope = 1',
      'SELECT * FROM tabel',
      'SELECT 1/ FROM source',
      '',
      '-- nothing',
      'SELECT $1',
      "SELECT error('mine')",
      "SELECT 'x'::INT FROM source",
    ]) {
      all.push(await said(sql));
    }
    expect(all).toMatchInlineSnapshot(`
      [
        "BadSql: the sql cannot be used (line 1, column 1): Parser Error: syntax error at or near "SELEC"",
        "BadSql: the sql cannot be used (line 3, column 7): Binder Error: Referenced column "nope" not found in FROM clause! Candidate bindings: "id"",
        "BadSql: the sql cannot be used (line 1, column 15): Catalog Error: Table with name tabel does not exist! Did you mean "pg_tables"?",
        "BadSql: the sql cannot be used (line 1, column 11): Parser Error: syntax error at or near "FROM"",
        "BadSql: the sql cannot be used: there is no statement in it",
        "BadSql: the sql cannot be used: there is no statement in it",
        "BadSql: the sql cannot be used: it has parameters, and there are no values for them",
        "BadSql: the sql cannot be used: Invalid Input Error: mine",
        "BadSql: the sql cannot be used (line 1, column 11): Conversion Error: Could not convert string 'x' to INT32",
      ]
    `);
  });

  test('is all that is let through', async () => {
    const folder = folderWith(files);
    const out = join(folder, 'out.csv');
    const all = [];
    for (const sql of [
      'SELECT 1; SELECT 2',
      'INSERT INTO source VALUES (1)',
      'DROP VIEW source',
      'CREATE TABLE t AS SELECT 1',
      `COPY (SELECT 1) TO '${out}'`,
      "SET memory_limit = '8GB'",
      'INSTALL httpfs',
      `ATTACH '${out}'`,
      'CALL pragma_version()',
      'EXPLAIN SELECT 1',
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT * FROM read_text('/etc/hostname')",
      "SELECT * FROM glob('/*')",
      `SELECT * FROM '${join(folder, 'b.csv')}'`,
      "SELECT * FROM read_csv('https://example.com/x.csv')",
    ]) {
      all.push((await said(sql, ['a.jsonl'], folder)).split('. Write')[0]);
    }
    expect(all).toMatchInlineSnapshot(`
      [
        "BadSql: the sql is refused, since a source is only read: it holds 2 statements",
        "BadSql: the sql is refused, since a source is only read: it begins with INSERT",
        "BadSql: the sql is refused, since a source is only read: it begins with DROP",
        "BadSql: the sql is refused, since a source is only read: it begins with CREATE",
        "BadSql: the sql is refused, since a source is only read: it begins with COPY",
        "BadSql: the sql is refused, since a source is only read: it begins with SET",
        "BadSql: the sql is refused, since a source is only read: it begins with INSTALL",
        "BadSql: the sql is refused, since a source is only read: it begins with ATTACH",
        "BadSql: the sql is refused, since a source is only read: it begins with CALL",
        "BadSql: the sql is refused, since a source is only read: it begins with EXPLAIN",
        "BadSql: the sql cannot be used (line 1, column 15): Permission Error: Cannot access file "/etc/passwd" - file system operations are disabled by configuration",
        "BadSql: the sql cannot be used (line 1, column 15): Permission Error: Cannot access file "/etc/hostname" - file system operations are disabled by configuration",
        "BadSql: the sql cannot be used (line 1, column 15): Permission Error: Cannot access file "/*" - file system operations are disabled by configuration",
        "BadSql: the sql cannot be used: Permission Error: Cannot access file "FOLDER/b.csv" - file system operations are disabled by configuration",
        "BadSql: the sql cannot be used (line 1, column 15): Permission Error: Cannot access file "https://example.com/x.csv" - file system operations are disabled by configuration",
      ]
    `);
    expect(existsSync(out)).toBe(false);
  });

  test('over files that cannot be queried is explained', async () => {
    const table = arrow.tableToIPC(arrow.tableFromArrays({ a: [1] }), 'file');
    const folder = folderWith({
      'x.arrow': table,
      'bad.jsonl': '{"a":1}\n{"a":\n{"a":2}\n',
      'x.parquet': 'PAR1 no parquet PAR1',
    });
    expect([
      await said('SELECT * FROM source', ['x.arrow'], folder),
      await said('SELECT * FROM source', ['bad.jsonl'], folder),
      await said('SELECT * FROM source', ['x.parquet'], folder),
      await said('SELECT * FROM source', []),
    ]).toMatchInlineSnapshot(`
      [
        "BadData: FOLDER/x.arrow is an Arrow file, which sql cannot read: leave out sql, or save the data set as Parquet",
        "BadData: FOLDER/bad.jsonl cannot be read by DuckDB: Invalid Input Error: Malformed JSON in file "FOLDER/bad.jsonl", at byte 15 in line 3: unexpected end of data.",
        "BadData: FOLDER/x.parquet cannot be read by DuckDB: Invalid Input Error: Footer length error in file 'FOLDER/x.parquet'",
        "BadSql: sql needs files to read from, or a connection: name them in uri",
      ]
    `);
  });

  test('over a file whose later rows are broken says that it is the file', async () => {
    const rows = `${'{"a":1}\n'.repeat(30_000)}{"a":\n`;
    const outcome = await said('SELECT * FROM source', ['rows.jsonl'], folderWith({ 'rows.jsonl': rows }));
    expect(outcome).toMatch(
      /^BadData: a file of the source cannot be read by DuckDB: .*Malformed JSON in file "FOLDER/,
    );
  });

  test('that takes more memory than there is, or too long, ends', async () => {
    expect(await said('SELECT list(i) AS l FROM range(300000000) r(i)')).toMatch(
      /^BadSql: the sql cannot be used: Out of Memory Error/,
    );
    const stop = new AbortController();
    const found = await findFiles([join(folderWith(files), 'a.jsonl')]);
    const order = { uris: [], sql: 'SELECT count(*) FROM range(1000000000000) a(i)', maxRowBytes: 1000 };
    setTimeout(() => stop.abort(new Error('stop')), 100);
    await expect(collect(readSql(order, found, stop.signal))).rejects.toThrow('stop');
  });
});
