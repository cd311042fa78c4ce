import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findFiles } from '../../../../data/sources/find.ts';
import { readSource } from '../../../../data/sources/read.ts';
import type { FoundRecord } from '../../../../data/sources/source.ts';
import { collect } from '../../support/collect.ts';
import { failureOf } from '../../support/failures.ts';
import { emptyFolder } from '../../support/folder.ts';

const MAX = 1 << 20;

async function read(path: string, maxRowBytes = MAX): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (const file of await findFiles([path])) found.push(...(await collect(readSource(file, { maxRowBytes }))));
  return found;
}

const valuesOf = (found: readonly FoundRecord[]): unknown[] =>
  found.map((record) => ('value' in record ? record.value : record.reason));

/** A Parquet file with the rows of a query. */
async function parquet(sql: string, name = 'rows.parquet'): Promise<string> {
  const path = join(emptyFolder(), name);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

/** The error of a file, without its folder. */
async function said(path: string): Promise<string> {
  const { type, message } = await failureOf(read(path));
  return `${type}: ${message.replaceAll(path, 'FILE')}`;
}

describe('Parquet', () => {
  test('values become plain JSON, exactly', async () => {
    const path = await parquet(`SELECT
      9007199254740991::BIGINT AS safe, 9007199254740993::BIGINT AS large, 1.5::DECIMAL(10, 2) AS decimal,
      12345678901234567890.12::DECIMAL(38, 2) AS long_decimal, 'nan'::DOUBLE AS nan, '-inf'::DOUBLE AS infinite,
      DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 12:00:00.123456' AS time, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS zoned,
      'text'::BLOB AS bytes, '\\xFF\\x00'::BLOB AS noise, [{'role': 'user', 'parts': ['a', NULL]}] AS messages,
      MAP {'k': 1} AS map, MAP {1: 'x'} AS pairs, true AS yes, NULL::VARCHAR AS nothing, TIME '01:02:03' AS clock`);
    const [found] = await read(path);
    expect(found).toEqual({
      line: 1,
      value: {
        safe: 9007199254740991,
        large: '9007199254740993',
        decimal: 1.5,
        long_decimal: '12345678901234567890.12',
        nan: null,
        infinite: '-Infinity',
        day: '2024-02-29',
        time: '2024-02-29T12:00:00.123456',
        zoned: '2024-02-29T10:00:00Z',
        bytes: 'text',
        noise: '/wA=',
        messages: [{ role: 'user', parts: ['a', null] }],
        map: { k: 1 },
        pairs: [{ key: 1, value: 'x' }],
        yes: true,
        nothing: null,
        clock: '01:02:03',
      },
    });
  });

  test('of many row groups is read in order, under any name', async () => {
    const path = await parquet('SELECT i FROM range(20000) r(i)', "it's [1] *.parquet");
    const found = await read(path);
    expect(found).toHaveLength(20_000);
    expect(found.every((record, i) => record.line === i + 1 && 'value' in record && record.value['i'] === i)).toBe(
      true,
    );
  });

  test('rows that are too long are put aside', async () => {
    const found = await read(
      await parquet(`SELECT i, repeat('x', CASE i WHEN 1 THEN 500 ELSE 5 END) AS t FROM range(3) r(i)`),
      200,
    );
    expect(found[1]).toEqual({
      line: 2,
      reason: 'is 518 bytes long, more than maxRowBytes 200',
      excerpt: `i: 1, t: ${'x'.repeat(100)}`,
    });
    expect(valuesOf(found)[2]).toEqual({ i: 2, t: 'xxxxx' });
  });

  test('that is damaged is told, after the rows that could be read', async () => {
    const path = await parquet('SELECT i, hash(i) AS h FROM range(20000) r(i)');
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length >> 1));
    expect(await said(path)).toMatch(
      /^BadData: FILE is damaged, or no Parquet that can be read: .+\. No row could be read\. Export the file again$/,
    );
    const hit = Buffer.from(whole);
    hit.fill(0xff, 100_000, 100_400);
    writeFileSync(path, hit);
    expect(await said(path)).toMatch(/^BadData: FILE is damaged/);
    writeFileSync(path, Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(100), Buffer.from('PAR1')]));
    expect(await said(path)).toMatch(/^BadData: FILE is damaged/);
  });

  test('ends when it is aborted', async () => {
    const [file] = await findFiles([await parquet('SELECT i FROM range(20000) r(i)')]);
    const stop = new AbortController();
    const work = (async () => {
      for await (const _ of readSource(file as never, { maxRowBytes: MAX }, stop.signal)) stop.abort(new Error('stop'));
    })();
    await expect(work).rejects.toThrow('stop');
  });

  test('gives back whatever texts were written', async () => {
    const text = fc.option(fc.string({ unit: 'binary' }), { nil: null });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(text, fc.option(fc.maxSafeInteger(), { nil: null })), { minLength: 1 }),
        async (rows) => {
          const literal = (value: string | null): string =>
            value === null ? 'NULL' : `decode(from_base64('${Buffer.from(value).toString('base64')}'))`;
          const values = rows.map(([t, n]) => `(${literal(t)}::VARCHAR, ${n ?? 'NULL'}::BIGINT)`);
          const path = await parquet(`SELECT * FROM (VALUES ${values.join(', ')}) v(t, n)`);
          expect(valuesOf(await read(path))).toEqual(rows.map(([t, n]) => ({ t, n: n === null ? null : n + 0 })));
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('Arrow', () => {
  const { vectorFromArray: vector, Field, List, Struct, Utf8 } = arrow;
  const message = new Struct([new Field('role', new Utf8()), new Field('content', new Utf8(), true)]);
  const table = new arrow.Table({
    n: vector([1n, 2n ** 60n, null], new arrow.Int64()),
    messages: vector([[{ role: 'user', content: 'ä€🙂' }], [], null], new List(new Field('item', message))),
    day: vector([new Date('2024-02-29'), new Date(0), null], new arrow.DateDay()),
    time: vector([Date.parse('2024-02-29T12:00:00.5Z'), 0, null], new arrow.TimestampMillisecond('UTC')),
    bytes: vector([new Uint8Array([0xff, 0]), new Uint8Array([65]), null], new arrow.Binary()),
    kind: vector(['a', 'b', null], new arrow.Dictionary(new Utf8(), new arrow.Int32())),
    score: vector([0.5, Number.NaN, null], new arrow.Float64()),
  });
  const rows = [
    {
      n: 1,
      messages: [{ role: 'user', content: 'ä€🙂' }],
      day: '2024-02-29',
      time: '2024-02-29T12:00:00.500Z',
      bytes: '/wA=',
      kind: 'a',
      score: 0.5,
    },
    {
      n: String(2n ** 60n),
      messages: [],
      day: '1970-01-01',
      time: '1970-01-01T00:00:00.000Z',
      bytes: 'A',
      kind: 'b',
      score: null,
    },
    { n: null, messages: null, day: null, time: null, bytes: null, kind: null, score: null },
  ];

  test.each(['file', 'stream'] as const)('a %s gives plain JSON values', async (kind) => {
    const path = join(emptyFolder(), 'rows.arrow');
    writeFileSync(path, arrow.tableToIPC(table, kind));
    const found = await read(path);
    expect(valuesOf(found)).toEqual(rows);
    expect(found.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  test.each(['file', 'stream'] as const)('a %s that is cut short anywhere is told', async (kind) => {
    const path = join(emptyFolder(), 'rows.arrow');
    const whole = arrow.tableToIPC(table, kind);
    for (const bytes of [1, 4, 8, 20, 300, whole.length - 60, whole.length - 20]) {
      writeFileSync(path, whole);
      truncateSync(path, whole.length - bytes);
      expect(await said(path)).toBe(
        'BadData: FILE is damaged, or no Arrow file that can be read: it is cut short. No row could be read. Export the file again',
      );
    }
  });

  test('whose inside is damaged is told', async () => {
    const path = join(emptyFolder(), 'rows.arrow');
    const whole = Buffer.from(arrow.tableToIPC(table, 'stream'));
    whole.fill(0xee, 12, 200);
    writeFileSync(path, whole);
    expect(await said(path)).toMatch(/^BadData: FILE is damaged, or no Arrow file that can be read: /);
  });

  test('what save_to_disk would write is read as one', async () => {
    const folder = emptyFolder();
    writeFileSync(
      join(folder, 'state.json'),
      JSON.stringify({ _data_files: [{ filename: 'b.arrow' }, { filename: 'a.arrow' }] }),
    );
    writeFileSync(join(folder, 'dataset_info.json'), '{}');
    for (const name of ['a', 'b']) {
      const part = new arrow.Table({
        text: vector(
          Array.from({ length: 2500 }, (_, i) => `${name}${i}`),
          new Utf8(),
        ),
      });
      writeFileSync(join(folder, `${name}.arrow`), arrow.tableToIPC(part, 'stream'));
    }
    const found = valuesOf(await read(folder));
    expect(found).toHaveLength(5000);
    expect([found[0], found[2500], found[4999]]).toEqual([{ text: 'b0' }, { text: 'a0' }, { text: 'a2499' }]);
  });
});
