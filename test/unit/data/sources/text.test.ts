import { join } from 'node:path';
import { truncate } from 'node:fs/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findFiles } from '../../../../data/sources/find.ts';
import { CsvSplitter } from '../../../../data/sources/csv.ts';
import { JsonSplitter } from '../../../../data/sources/json.ts';
import { JsonlSplitter } from '../../../../data/sources/jsonl.ts';
import { readBatches, readSource } from '../../../../data/sources/read.ts';
import type { FoundRecord, Splitter } from '../../../../data/sources/source.ts';
import { collect } from '../../support/collect.ts';
import { failureOf } from '../../support/failures.ts';
import { folderWith } from '../../support/folder.ts';

const MAX = 1 << 20;

/** Reads one file of a fresh folder, found by its name. */
async function read(name: string, content: string | Uint8Array, maxRowBytes = MAX): Promise<FoundRecord[]> {
  const files = await findFiles([join(folderWith({ [name]: content }), name)]);
  return collect(readSource(files[0] as (typeof files)[0], { maxRowBytes }));
}

/** What came out before the error, and the error's message. */
async function readUntilError(
  name: string,
  content: string | Uint8Array,
): Promise<{ found: FoundRecord[]; said: string }> {
  const path = join(folderWith({ [name]: content }), name);
  const found: FoundRecord[] = [];
  const { type, message } = await failureOf(async () => {
    for (const file of await findFiles([path])) {
      for await (const record of readSource(file, { maxRowBytes: MAX })) found.push(record);
    }
  });
  return { found, said: `${type}: ${message.replaceAll(path, `FOLDER/${name}`)}` };
}

/** Puts bytes through a splitter, cut at the given places; each chunk is overwritten afterwards. */
function split(splitter: Splitter, bytes: Buffer, cuts: readonly number[]): FoundRecord[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  const found: FoundRecord[] = [];
  let start = 0;
  for (const end of [...places, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    found.push(...splitter.push(chunk));
    chunk.fill(0x22);
    start = end;
  }
  return [...found, ...splitter.end()];
}

const valuesOf = (found: readonly FoundRecord[]): unknown[] =>
  found.map((record) => ('value' in record ? record.value : record.reason));
const linesOf = (found: readonly FoundRecord[]): number[] => found.map(({ line }) => line);

const rows = [{ a: 1, text: 'ä€🙂 "x", y' }, { a: 2, text: 'two\nlines' }, { text: '' }];
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const many = Array.from({ length: 50_000 }, (_, i) => `${JSON.stringify({ n: i, text: `row ${i * 7919}` })}\n`);

describe('a packed file', () => {
  test.each([
    ['rows.jsonl.gz', gzipSync(jsonl)],
    ['rows.jsonl.zst', zstdCompressSync(jsonl)],
    ['several-members.jsonl.gz', Buffer.concat([gzipSync(jsonl.slice(0, 20)), gzipSync(jsonl.slice(20))])],
    ['padded.jsonl.gz', Buffer.concat([gzipSync(jsonl), Buffer.alloc(512)])],
    [
      'several-frames.jsonl.zst',
      Buffer.concat([zstdCompressSync(jsonl.slice(0, 20)), zstdCompressSync(jsonl.slice(20))]),
    ],
    [
      'skippable-frame.jsonl.zst',
      Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]), zstdCompressSync(jsonl)]),
    ],
    ['wrong-name.csv', gzipSync(jsonl).subarray(0)],
  ])('%s is read whole', async (name, content) => {
    const found = name === 'wrong-name.csv' ? await read('rows.data', content) : await read(name, content);
    expect(valuesOf(found)).toEqual(rows);
    expect(linesOf(found)).toEqual([1, 2, 3]);
  });

  test('of many frames and members, larger than a chunk, loses nothing', async () => {
    const parts = [many.slice(0, 7), many.slice(7, 30_000), many.slice(30_000)].map((part) => part.join(''));
    for (const pack of [gzipSync, zstdCompressSync]) {
      const found = await read('rows.jsonl', Buffer.concat(parts.map((part) => pack(part))));
      expect(found).toHaveLength(many.length);
      expect(found.at(-1)).toEqual({ line: 50_000, value: JSON.parse(many.at(-1) as string) });
    }
  });

  test.each([
    ['gzip', gzipSync(many.join(''))],
    ['zstd', zstdCompressSync(many.join(''))],
  ])('cut short (%s) gives the rows before the cut, then says so', async (_name, packed) => {
    const { found, said } = await readUntilError('rows.jsonl', packed.subarray(0, packed.length >> 1));
    expect(found.length).toBeGreaterThan(10_000);
    expect(found.every((record) => 'value' in record)).toBe(true);
    expect(linesOf(found)).toEqual(found.map((_, i) => i + 1));
    expect(said).toMatch(
      /^BadData: FOLDER\/rows.jsonl is cut short: its (?:compressed data do|last frame does) not end. The last good row is on line \d+. Export the file again$/,
    );
    expect(said).toContain(`on line ${found.length}.`);
  });

  test('with damage in it says so', async () => {
    const packed = gzipSync(many.join(''));
    packed.fill(0xff, packed.length >> 1, (packed.length >> 1) + 64);
    const { said } = await readUntilError('rows.jsonl.gz', packed);
    expect(said).toMatch(/^BadData: FOLDER\/rows.jsonl.gz is damaged: its compressed data cannot be unpacked \(.+\)\./);
    const zstd = Buffer.concat([zstdCompressSync(jsonl), Buffer.from('something else')]);
    expect((await readUntilError('rows.jsonl.zst', zstd)).said).toMatchInlineSnapshot(
      `"BadData: FOLDER/rows.jsonl.zst is damaged: there is something that is no Zstandard frame. Export it again"`,
    );
  });

  test('that would unpack to 400 MB without a line end is read in little memory', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(400_000_000, 'x'));
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage.rss();
    const [found] = await read('bomb.jsonl.zst', bomb);
    expect(found).toMatchObject({ line: 1, reason: 'is 400000000 bytes long, more than maxRowBytes 1048576' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });
});

describe('JSON', () => {
  test.each([
    ['a list', JSON.stringify(rows)],
    ['a list over many lines', `\ufeff\r\n${JSON.stringify(rows, undefined, 2)}\n`],
    ['a list under "data"', JSON.stringify({ version: '1', about: { data: [{ no: 1 }] }, data: rows, more: [1, [2]] })],
    ['a list under "rows"', JSON.stringify({ rows })],
    ['a list under "train"', JSON.stringify({ train: rows }, undefined, '\t')],
    ['objects one behind the other', rows.map((row) => JSON.stringify(row, undefined, 1)).join('\n')],
    ['JSON Lines under the name of JSON', jsonl],
  ])('%s gives its rows', async (_name, text) => {
    expect(valuesOf(await read('rows.json', text))).toEqual(rows);
  });

  test('one object is one row, whatever lists it has', async () => {
    const row = { data: [1, 2], messages: [{ role: 'user' }], rows: 'none', train: [] };
    expect(valuesOf(await read('row.json', JSON.stringify(row)))).toEqual([row]);
    expect(valuesOf(await read('row.json', JSON.stringify(row, undefined, 2)))).toEqual([row]);
  });

  test('a record is told by the line it begins on', async () => {
    expect(await read('rows.json', '[\n{"a":\n1},\n\n7, {"a" 2},\n"x", [1], null\n]')).toEqual([
      { line: 2, value: { a: 1 } },
      { line: 5, reason: 'expected a JSON object with columns, found a number', excerpt: '7' },
      { line: 5, reason: 'is not valid JSON: unexpected character at column 6', excerpt: '{"a" 2}' },
      { line: 6, reason: 'expected a JSON object with columns, found a string', excerpt: '"x"' },
      { line: 6, reason: 'expected a JSON object with columns, found a list', excerpt: '[1]' },
      { line: 6, reason: 'expected a JSON object with columns, found null', excerpt: 'null' },
    ]);
  });

  test('commas too many or too few are told, and the rows around them read', async () => {
    expect(valuesOf(await read('rows.json', '[{"a":1},,{"a":2} {"a":3},]'))).toEqual([
      { a: 1 },
      'is not valid JSON: a comma with no row before it',
      { a: 2 },
      'is not valid JSON: there is no comma before it',
      'is not valid JSON: a comma with no row behind it',
    ]);
    expect(valuesOf(await read('rows.json', '[{"a":1,},{"a":2}]'))).toEqual([
      'is not valid JSON: unexpected character at column 8',
      { a: 2 },
    ]);
  });

  test('cut short, or going on behind its end, is told after the rows before that', async () => {
    const said = [];
    for (const text of [
      '[{"a":1},\n{"a":2},\n{"a"',
      '[{"a":1}',
      '[',
      '{"data": [{"a":1}]',
      '{"a": 1',
      '[{"a":1}]\n[{"b":1}]',
    ]) {
      const result = await readUntilError('rows.json', text);
      said.push(`${result.found.length} rows. ${result.said}`);
    }
    expect(said).toMatchInlineSnapshot(`
      [
        "2 rows. BadData: FOLDER/rows.json is cut short: the record that begins on line 3 does not end. The last good row is on line 2. Export the file again",
        "1 rows. BadData: FOLDER/rows.json is cut short: the list of rows is not closed with ]. The last good row is on line 1. Export the file again",
        "0 rows. BadData: FOLDER/rows.json is cut short: the list of rows is not closed with ]. No row before that is whole. Export the file again",
        "1 rows. BadData: FOLDER/rows.json is cut short: the object around the list of rows is not closed with }. The last good row is on line 1. Export the file again",
        "0 rows. BadData: FOLDER/rows.json is cut short: the record that begins on line 1 does not end. No row before that is whole. Export the file again",
        "1 rows. BadData: FOLDER/rows.json is damaged: on line 2 something stands behind the end of the list of rows. The last good row is on line 1. Export the file again",
      ]
    `);
  });

  test('several lists in one object are not mixed up', async () => {
    const { said } = await readUntilError('rows.json', JSON.stringify({ train: rows, test: rows }));
    expect(said).toMatchInlineSnapshot(
      `"BadData: FOLDER/rows.json is damaged: it holds several lists of rows, "train" and "test": make a file of each. The last good row is on line 1. Export the file again"`,
    );
  });

  test('a record that is too long is not kept', async () => {
    const text = JSON.stringify([{ a: 'x'.repeat(500) }, { a: 'y' }]);
    expect(await read('rows.json', text, 100)).toMatchObject([
      { line: 1, reason: 'is 508 bytes long, more than maxRowBytes 100' },
      { line: 1, value: { a: 'y' } },
    ]);
  });
});

describe('CSV', () => {
  test.each([
    ['commas', 'a,text\n1,x\n2,"y, ""z"""\n'],
    ['semicolons', 'a;text\n1;x\n2;"y, ""z"""\n'],
    ['tabs', 'a\ttext\n1\tx\n2\t"y, ""z"""\n'],
    ['bars', 'a|text\n1|x\n2|"y, ""z"""\n'],
    ['CRLF and a byte order mark', '\ufeffa,text\r\n1,x\r\n\r\n2,"y, ""z"""'],
    ['quoted names behind a byte order mark', '\ufeff"a","text"\n1,x\n2,"y, ""z"""'],
  ])('with %s is read, every value as text', async (_name, text) => {
    expect(valuesOf(await read('rows.csv', text))).toEqual([
      { a: '1', text: 'x' },
      { a: '2', text: 'y, "z"' },
    ]);
  });

  test('a record over several lines has the line it begins on', async () => {
    const found = await read('rows.csv', 'a,b\n1,"x\ny\r\nz"\n\n2,w\n');
    expect(found).toEqual([
      { line: 2, value: { a: '1', b: 'x\ny\r\nz' } },
      { line: 6, value: { a: '2', b: 'w' } },
    ]);
  });

  test('a bad record takes no other with it', async () => {
    const text = Buffer.concat([
      Buffer.from('a,b\n1\n1,2,3\n1,x"y\n1,"x"y\n1,'),
      Buffer.from([0xff]),
      Buffer.from(`\n1,${'x'.repeat(300)}\n1,a""b\n1,\0\n1,ok\n`),
    ]);
    const found = await read('rows.csv', text, 200);
    expect(found.at(-2)).toEqual({ line: 9, value: { a: '1', b: '\0' } });
    expect(found.toSpliced(-2, 1)).toMatchInlineSnapshot(`
      [
        {
          "excerpt": "1",
          "line": 2,
          "reason": "has too few fields: 1, and the header names 2 columns, separated by a comma",
        },
        {
          "excerpt": "1,2,3",
          "line": 3,
          "reason": "has too many fields: 3, and the header names 2 columns, separated by a comma",
        },
        {
          "excerpt": "1,x"y",
          "line": 4,
          "reason": "is not valid CSV: a quote inside a field that does not begin with one",
        },
        {
          "excerpt": "1,"x"y",
          "line": 5,
          "reason": "is not valid CSV: something between a closing quote and the end of its field",
        },
        {
          "excerpt": "1,�",
          "line": 6,
          "reason": "is not valid UTF-8 (byte 3 of the record)",
        },
        {
          "excerpt": "1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
          "line": 7,
          "reason": "is 302 bytes long, more than maxRowBytes 200",
        },
        {
          "excerpt": "1,a""b",
          "line": 8,
          "reason": "is not valid CSV: a quote inside a field that does not begin with one",
        },
        {
          "line": 10,
          "value": {
            "a": "1",
            "b": "ok",
          },
        },
      ]
    `);
  });

  test('a header that cannot be used is explained', async () => {
    const wide = Array.from({ length: 10_001 }, (_, i) => `c${i}`).join(',');
    const million = Array.from({ length: 1_000_000 }, (_, i) => `c${i}`).join(',');
    const said = [];
    for (const text of [
      'a,,b\n1,2,3\n',
      'a,b,a\n1,2,3\n',
      `${wide}\n1\n`,
      `${million}\n1\n`,
      'a,b\r1,2\r3,4',
      'a,"b"c\n1,2\n',
    ]) {
      said.push((await readUntilError('rows.csv', text)).said);
    }
    expect(said).toMatchInlineSnapshot(`
      [
        "BadData: FOLDER/rows.csv:1 has no name for column 2 in its header: the first line has to name every column",
        "BadData: FOLDER/rows.csv:1 names two columns "a" in its header: give each a name of its own",
        "BadData: FOLDER/rows.csv:1 has 10001 columns, more than the 10000 that a table may have",
        "BadData: FOLDER/rows.csv:1 has a header of 7888889 bytes, more than maxRowBytes 1048576: it is no table of rows",
        "BadData: FOLDER/rows.csv:1 ends its lines with CR alone: save the file with LF or CRLF",
        "BadData: FOLDER/rows.csv:1 has a header that cannot be read: something between a closing quote and the end of its field",
      ]
    `);
  });

  test('a quote that is never closed is told with its line', async () => {
    const { found, said } = await readUntilError('rows.csv', 'a,b\n1,2\n3,"4\n5,6\n');
    expect(found).toEqual([{ line: 2, value: { a: '1', b: '2' } }]);
    expect(said).toMatchInlineSnapshot(
      `"BadData: FOLDER/rows.csv is damaged: a quote that opens in the record on line 3 is not closed before the end of the file. The last good row is on line 2. Export the file again"`,
    );
  });

  test('with a header alone has no rows, and a column may be named __proto__', async () => {
    expect(await read('rows.csv', 'a,b\n')).toEqual([]);
    const [found] = await read('rows.csv', 'a,__proto__\n1,2\n');
    expect(Object.entries((found as { value: object }).value)).toEqual([
      ['a', '1'],
      ['__proto__', '2'],
    ]);
  });

  test('of one column is a TSV only if it says so', async () => {
    expect(valuesOf(await read('rows.tsv', 'a,b\nx,y\n'))).toEqual([{ 'a,b': 'x,y' }]);
  });
});

describe('a bad row of JSON', () => {
  test('nested too deep is put aside, at a depth that fits or far beyond', async () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(valuesOf(await read('rows.jsonl', `${nested(99)}\n${nested(100)}\n${nested(100_000)}\n{"b":1}\n`))).toEqual([
      JSON.parse(nested(99)),
      'is nested more than 100 levels deep',
      'is nested more than 100 levels deep',
      { b: 1 },
    ]);
    expect(valuesOf(await read('rows.json', `[${nested(100_000)},{"b":1}]`))).toEqual([
      'is nested more than 100 levels deep',
      { b: 1 },
    ]);
  });

  test('with a million columns is a row if it is short enough', async () => {
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`c${i}`, 1])));
    expect(valuesOf(await read('rows.jsonl', `${wide}\n{"b":1}\n`))).toEqual([
      `is ${wide.length} bytes long, more than maxRowBytes ${MAX}`,
      { b: 1 },
    ]);
    const fits = JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`c${i}`, 1])));
    const [found] = await read('rows.jsonl', `${fits}\n`, 64 << 20);
    expect(Object.keys((found as { value: object }).value)).toHaveLength(100_000);
  });

  test('lone surrogates pass, a bare NUL and broken UTF-8 do not', async () => {
    const text = Buffer.concat([
      Buffer.from('{"a":"\\ud800","b":"\\u0000"}\n{"a":"\0"}\n{"a":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}\n{"a":1}\n'.padEnd(2000, ' ')),
    ]);
    expect(valuesOf(await read('rows.jsonl', text))).toEqual([
      { a: '\ud800', b: '\0' },
      'is not valid JSON: unexpected character at column 7',
      'is not valid UTF-8 (byte 7 of the line)',
      { a: 1 },
    ]);
  });
});

test('a file that shrinks after it was found is told', async () => {
  const path = join(folderWith({ 'rows.jsonl': jsonl }), 'rows.jsonl');
  const [file] = await findFiles([path]);
  await truncate(path, 10);
  const { type, message } = await failureOf(collect(readBatches(file as never, { maxRowBytes: MAX })));
  expect(`${type}: ${message.replaceAll(path, 'rows.jsonl')}`).toMatchInlineSnapshot(
    `"BadData: rows.jsonl is cut short: it had 76 bytes when it was found and 10 when it was read. No row before that is whole. Export the file again"`,
  );
});

test('reading ends when it is aborted', async () => {
  const path = join(folderWith({ 'rows.jsonl': many.join('') }), 'rows.jsonl');
  const [file] = await findFiles([path]);
  const stop = new AbortController();
  let batches = 0;
  const work = (async () => {
    for await (const batch of readBatches(file as never, { maxRowBytes: MAX }, stop.signal)) {
      batches += batch.length > 0 ? 1 : 0;
      stop.abort(new Error('stop'));
    }
  })();
  await expect(work).rejects.toThrow('stop');
  expect(batches).toBe(1);
});

describe('whatever is written is read back, in any chunks', () => {
  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });
  const row = fc.dictionary(key, fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { maxKeys: 5 });
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  // -0 is a number of JSON that JSON.stringify does not write.
  const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test('as JSON Lines', () => {
    fc.assert(
      fc.property(fc.array(row), cuts, fc.constantFrom('\n', '\r\n'), (rows, cuts, end) => {
        const bytes = Buffer.from(rows.map((row) => JSON.stringify(row) + end).join(''));
        const found = split(new JsonlSplitter(MAX), bytes, cuts);
        expect(valuesOf(found)).toEqual(written(rows));
        expect(linesOf(found)).toEqual(rows.map((_, i) => i + 1));
      }),
    );
  });

  test('as JSON', () => {
    const some = fc.array(row, { minLength: 1 });
    fc.assert(
      fc.property(some, cuts, fc.constantFrom(0, 1, 2), fc.boolean(), (rows, cuts, space, isInside) => {
        const value = isInside ? { x: { rows: 1 }, rows, y: ['rows'] } : rows;
        const found = split(new JsonSplitter(MAX), Buffer.from(JSON.stringify(value, undefined, space)), cuts);
        expect(valuesOf(found)).toEqual(written(rows));
      }),
    );
    expect(split(new JsonSplitter(MAX), Buffer.from('[]'), [1])).toEqual([]);
  });

  test('as CSV', () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', ',', ';', '\n', '\r', 'x', ' ') }),
    );
    const quote = (text: string): string => (/["\r\n,;\t|]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 3, maxLength: 3 })),
        cuts,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n', '\r\n'),
        (table, cuts, delimiter, end) => {
          const lines = [['a', 'b "c"', 'd'], ...table].map((fields) => fields.map(quote).join(delimiter) + end);
          const found = split(new CsvSplitter('rows.csv', MAX), Buffer.from(lines.join('')), cuts);
          expect(valuesOf(found)).toEqual(table.map(([a, b, d]) => ({ a, 'b "c"': b, d })));
        },
      ),
    );
  });

  test('and rubbish ends in records or one explained error, wherever the chunks end', () => {
    const signs = ['{', '}', '[', ']', '"', ',', ':', ';', '\n', '\r', '\\', 'a', '1', ' ', '\t', '\0', 'é'];
    const bit = fc.constantFrom(...signs, '\ufeff', '"data":[{');
    const make = {
      jsonl: () => new JsonlSplitter(20),
      json: () => new JsonSplitter(20),
      csv: () => new CsvSplitter('rows.csv', 20),
    };
    const outcome = (splitter: Splitter, text: string, cuts: number[]): unknown => {
      try {
        return split(splitter, Buffer.from(text), cuts);
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(
        fc.array(bit, { maxLength: 60 }),
        cuts,
        fc.constantFrom('jsonl', 'json', 'csv'),
        (bits, cuts, kind) => {
          const whole = outcome(make[kind](), bits.join(''), []);
          expect(outcome(make[kind](), bits.join(''), cuts)).toEqual(whole);
          expect(Array.isArray(whole) || /^(?:Damage|TerminalError): ./.test(String(whole)), String(whole)).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
