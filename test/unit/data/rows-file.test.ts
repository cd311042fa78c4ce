import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkRowsFile, readRows, RowTally } from '../../../data/rows-file.ts';
import { collect } from '../support/collect.ts';
import { failureOf } from '../support/failures.ts';
import { folderWith } from '../support/folder.ts';

const demands = { columns: ['text', 'label'], maxRowBytes: 1000 };
const sentenceOf = async (file: string, folder: string): Promise<string> => {
  const { type, message } = await failureOf(checkRowsFile(join(folder, file)));
  return `${type}: ${message.replaceAll(folder, 'FOLDER')}`;
};

describe('a file of rows', () => {
  test('that can be read gives its size', async () => {
    expect(await checkRowsFile(join(folderWith({ 'rows.jsonl': '{"a":"€"}\n' }), 'rows.jsonl'))).toBe(12);
  });

  test('that is missing, a folder, empty or binary is refused as a whole', async () => {
    const folder = folderWith({ 'empty.jsonl': '', 'rows.parquet': Buffer.from('PAR1\0\0rows'), file: 'x' });
    mkdirSync(join(folder, 'rows'));
    expect([
      await sentenceOf('nowhere.jsonl', folder),
      await sentenceOf('file/rows.jsonl', folder),
      await sentenceOf('rows', folder),
      await sentenceOf('empty.jsonl', folder),
      await sentenceOf('rows.parquet', folder),
    ]).toMatchInlineSnapshot(`
      [
        "NoSuchFile: the data file FOLDER/nowhere.jsonl is not there: check the path",
        "NoSuchFile: the data file FOLDER/file/rows.jsonl is not there: check the path",
        "NoSuchFile: FOLDER/rows is a folder: name a JSONL file in it",
        "EmptyData: FOLDER/empty.jsonl is empty: expected JSONL, one JSON object a line",
        "BadData: FOLDER/rows.parquet is a binary file, not JSONL: expected UTF-8 text, one JSON object a line",
      ]
    `);
  });

  test('gives rows, and what is wrong with the others', async () => {
    const folder = folderWith({ 'rows.jsonl': '{"text":"a","label":1}\n{"text":"b"}\n\n{"text":\n' });
    expect(await collect(readRows(join(folder, 'rows.jsonl'), demands))).toEqual([
      { line: 1, row: { text: 'a', label: 1 } },
      {
        line: 2,
        reason: 'has no column "label"; its columns are text',
        excerpt: '{"text":"b"}',
        columns: ['text'],
      },
      { line: 4, reason: 'is not valid JSON: Unexpected end of JSON input', excerpt: '{"text":' },
    ]);
  });

  test('read only at its beginning does not report the line that is cut off there', async () => {
    const rows = '{"text":"a","label":1}\n{"text":"b","label":2}\n';
    const file = join(folderWith({ 'rows.jsonl': rows }), 'rows.jsonl');
    const linesOf = async (bytes?: number): Promise<number> => (await collect(readRows(file, demands, bytes))).length;
    expect(await linesOf(30)).toBe(1);
    expect(await linesOf(rows.length - 2)).toBe(1);
    expect(await linesOf(rows.length + 1)).toBe(2);
    expect(await linesOf()).toBe(2);
  });
});

describe('a tally', () => {
  const tallyOf = (good: number, ...bad: { line: number; reason: string; columns?: string[] }[]): RowTally => {
    const tally = new RowTally();
    for (let line = 1; line <= good; line++) tally.add({ line, row: {} });
    for (const found of bad) tally.add({ ...found, excerpt: '' });
    return tally;
  };

  test('is content up to the share that is allowed, and says what was put aside', () => {
    const tally = tallyOf(19, { line: 7, reason: 'is broken' });
    expect(tally.problem('rows.jsonl', [], 0.05)).toBeUndefined();
    expect(tally.note('rows.jsonl')).toMatchInlineSnapshot(
      `"rows.jsonl: 1 of 20 rows put aside; the first: line 7 is broken"`,
    );
    expect(tallyOf(3).note('rows.jsonl')).toBeUndefined();
    expect(tallyOf(3).problem('rows.jsonl', [], 0)).toBeUndefined();
  });

  test('above it names the first bad row and the nearest column', () => {
    const columns = ['txt', 'label'];
    const tally = tallyOf(
      1,
      { line: 2, reason: 'has no column "text"; its columns are txt, label', columns },
      { line: 3, reason: 'has no column "text"; its columns are txt, label', columns },
    );
    expect(tally.problem('rows.jsonl', ['text', 'label'], 0.05)).toMatchInlineSnapshot(
      `"rows.jsonl:2 has no column "text"; its columns are txt, label. 2 of 3 rows are bad, more than maxBadShare 0.05 allows. Did you mean {{txt}} in data.template? Mend the rows, or raise data.maxBadShare"`,
    );
  });

  test('of no rows at all is a problem', () => {
    expect(tallyOf(0).problem('rows.jsonl', [], 1)).toMatchInlineSnapshot(
      `"rows.jsonl has no rows: expected JSONL, one JSON object a line"`,
    );
  });
});
