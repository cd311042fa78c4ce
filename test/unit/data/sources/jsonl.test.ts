import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { JsonlSplitter } from '../../../../data/sources/jsonl.ts';
import type { FoundRecord } from '../../../../data/sources/source.ts';

const MAX = 1 << 20;

/** A record, with its value called a row. */
type JsonlLine = { line: number; row: Record<string, unknown> } | { line: number; reason: string; excerpt: string };

/** Reads bytes handed over in pieces that end at the given places (the last one takes the rest). */
async function read(bytes: Uint8Array | string, maxRowBytes = MAX, cuts: number[] = []): Promise<JsonlLine[]> {
  const all = Buffer.from(bytes);
  const splitter = new JsonlSplitter(maxRowBytes);
  const found: FoundRecord[] = [];
  let start = 0;
  for (const cut of [...cuts, all.length]) {
    found.push(...splitter.push(Buffer.from(all.subarray(start, cut))));
    start = cut;
  }
  found.push(...splitter.end());
  return found.map((one) => ('value' in one ? { line: one.line, row: one.value } : one));
}

const rowsOf = (lines: JsonlLine[]): Record<string, unknown>[] =>
  lines.flatMap((line) => ('row' in line ? [line.row] : []));

describe('lines', () => {
  test('come out the same wherever a chunk ends', async () => {
    const text = '\ufeff{"a":"ä€🙂"}\r\n\n{"b":"\u2028 \u0085"}\n[1]\nnot json\n{"c":"é"}';
    const bytes = Buffer.from(text);
    const whole = await read(bytes);
    expect(whole.map((line) => ('row' in line ? line.row : line.reason))).toEqual([
      { a: 'ä€🙂' },
      { b: '\u2028 \u0085' },
      'expected a JSON object with columns, found a list',
      "is not valid JSON: Unexpected token 'o'",
      { c: 'é' },
    ]);
    expect(whole.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
    for (let cut = 0; cut <= bytes.length; cut++) expect(await read(bytes, MAX, [cut])).toEqual(whole);
    expect(await read(bytes, MAX, Array.from(bytes.keys()))).toEqual(whole);
  });

  test('may end with CRLF, LF or nothing', async () => {
    const rows = [{ a: 1 }, { a: 2 }];
    expect(rowsOf(await read('{"a":1}\r\n{"a":2}\r\n'))).toEqual(rows);
    expect(rowsOf(await read('{"a":1}\n{"a":2}\n'))).toEqual(rows);
    expect(rowsOf(await read('{"a":1}\n{"a":2}'))).toEqual(rows);
  });

  test('that are blank are passed over but counted', async () => {
    expect(await read('\n  \n\r\n\t\n{"a":1}\n\n')).toEqual([{ line: 5, row: { a: 1 } }]);
  });

  test('are not split at the separators that JavaScript takes for line ends', async () => {
    expect(rowsOf(await read('{"a":"x\u2028y\u2029z"}\n'))).toEqual([{ a: 'x\u2028y\u2029z' }]);
  });

  test('keep the row that has a column named __proto__ as it is', async () => {
    const [row] = rowsOf(await read('{"__proto__":{"x":1}}'));
    expect(Object.keys(row as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('of an empty file, or one that is only a byte order mark, are none', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\ufeff')).toEqual([]);
  });

  test('may begin with a byte order mark on the first line only', async () => {
    expect(rowsOf(await read('\ufeff{"a":1}\n'))).toEqual([{ a: 1 }]);
    expect(await read('{"a":1}\n\ufeff{"a":2}\n')).toEqual([
      { line: 1, row: { a: 1 } },
      { line: 2, reason: "is not valid JSON: Unexpected token '\ufeff'", excerpt: '\ufeff{"a":2}' },
    ]);
  });
});

describe('a bad line', () => {
  const reasonOf = async (line: string | Uint8Array): Promise<string> => {
    const [found] = await read(line);
    return found && 'reason' in found ? found.reason : 'no problem';
  };

  test('names the byte that is not UTF-8', async () => {
    expect(await reasonOf(Buffer.from('{"a":"caf\xe9"}', 'latin1'))).toBe('is not valid UTF-8 (byte 10 of the line)');
    expect(await reasonOf(Buffer.from([0x22, 0xff, 0x22]))).toBe('is not valid UTF-8 (byte 2 of the line)');
    expect(await reasonOf(Buffer.from('{"a":"€').subarray(0, 8))).toBe('is not valid UTF-8 (byte 7 of the line)');
    expect(await reasonOf(Buffer.from([0xed, 0xa0, 0x80]))).toBe('is not valid UTF-8 (byte 1 of the line)');
  });

  test.each([
    ['{"a":x}', "is not valid JSON: Unexpected token 'x'"],
    ['{"a":,}', "is not valid JSON: Unexpected token ','"],
    ['{"a": tru, "b": 1}', "is not valid JSON: Unexpected token ','"],
    ['{"a":1,}', 'is not valid JSON: unexpected character at column 8'],
    ["{'a':1}", 'is not valid JSON: unexpected character at column 2'],
    ['{"a":"b', 'is not valid JSON: unexpected character at column 8'],
    ['{"a":1', 'is not valid JSON: unexpected character at column 7'],
    ['{"a":', 'is not valid JSON: Unexpected end of JSON input'],
    ['{"a":" in JSON at position 77", b}', 'is not valid JSON: unexpected character at column 33'],
    ['null', 'expected a JSON object with columns, found null'],
    ['[{"a":1}]', 'expected a JSON object with columns, found a list'],
    ['"text"', 'expected a JSON object with columns, found a string'],
    ['12', 'expected a JSON object with columns, found a number'],
    ['{"a":1}', 'no problem'],
  ])('%s is told as it is', async (line, reason) => {
    expect(await reasonOf(line)).toBe(reason);
  });

  test('shows its beginning, and none of it in the reason', async () => {
    const [found] = await read(`{"secret": ${'long '.repeat(100)}}`);
    expect(found).toEqual({
      line: 1,
      reason: expect.not.stringContaining('long long'),
      excerpt: `{"secret": ${'long '.repeat(100)}`.slice(0, 200),
    });
  });

  test('on line 4,812 of 5,000 is the only one reported', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => (i === 4811 ? '{"n":4812' : `{"n":${i + 1}}`));
    const found = await read(lines.join('\n'));
    expect(found).toHaveLength(5000);
    expect(found.filter((line) => 'reason' in line)).toEqual([
      { line: 4812, reason: 'is not valid JSON: unexpected character at column 10', excerpt: '{"n":4812' },
    ]);
  });
});

describe('a line that is too long', () => {
  test('is put aside with its length, and reading goes on', async () => {
    const long = `{"a":"${'x'.repeat(100)}"}`;
    expect(await read(`{"b":1}\n${long}\n{"c":2}\n`, 64)).toEqual([
      { line: 1, row: { b: 1 } },
      { line: 2, reason: 'is 108 bytes long, more than maxRowBytes 64', excerpt: long.slice(0, 65) },
      { line: 3, row: { c: 2 } },
    ]);
  });

  test('counts bytes, not characters, and its limit is still allowed', async () => {
    const line = '{"a":"€€"}';
    expect(await read(line, 14)).toEqual([{ line: 1, row: { a: '€€' } }]);
    expect(await read(line, 13)).toMatchObject([{ reason: 'is 14 bytes long, more than maxRowBytes 13' }]);
  });

  test('of 20 MB is read in constant memory', () => {
    const chunk = Buffer.alloc(1 << 16, 'x');
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    let most = 0;
    const splitter = new JsonlSplitter(4096);
    const before = process.memoryUsage().arrayBuffers;
    for (let sent = 0; sent < 20_000_000; sent += chunk.length) {
      expect(splitter.push(Buffer.from(chunk))).toEqual([]); // a fresh one each time, as from a file
      if ((sent / chunk.length) % 32 === 0) collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    const found = [...splitter.push(Buffer.from('\n{"a":1}\n')), ...splitter.end()];
    expect(found).toEqual([
      { line: 1, reason: 'is 20054016 bytes long, more than maxRowBytes 4096', excerpt: 'x'.repeat(200) },
      { line: 2, value: { a: 1 } },
    ]);
    // 32 chunks between two collections, and what the kept ones hold.
    expect(most).toBeLessThan(5_000_000);
  });
});
