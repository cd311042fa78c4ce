import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findFiles } from '../../../../data/sources/find.ts';
import { failureOf } from '../../support/failures.ts';
import { folderWith } from '../../support/folder.ts';

const row = '{"a":1}\n';

/** Paths in the folder that are found for uris in it. */
async function found(folder: string, ...uris: string[]): Promise<string[]> {
  const files = await findFiles(uris.map((uri) => join(folder, uri)));
  return files.map(({ path }) => relative(folder, path));
}

async function said(folder: string, ...uris: string[]): Promise<string> {
  const { type, message } = await failureOf(findFiles(uris.map((uri) => join(folder, uri))));
  return `${type}: ${message.replaceAll(folder, 'FOLDER')}`;
}

describe('files', () => {
  test('of a glob come in the order in which people count, and none twice', async () => {
    const folder = folderWith({
      'w/2.jsonl': row,
      'w/10.jsonl': row,
      'w/1.jsonl': row,
      'w/deep/3.jsonl': row,
      'w/x': '',
    });
    expect(await found(folder, 'w/*.jsonl')).toEqual(['w/1.jsonl', 'w/2.jsonl', 'w/10.jsonl']);
    expect(await found(folder, 'w/10.jsonl', 'w/*.jsonl', 'w/../w/1.jsonl')).toEqual([
      'w/10.jsonl',
      'w/1.jsonl',
      'w/2.jsonl',
    ]);
    expect(await found(folder, '**/*.jsonl')).toEqual(['w/1.jsonl', 'w/2.jsonl', 'w/10.jsonl', 'w/deep/3.jsonl']);
    expect(await found(folder, 'w/{1,2}.jsonl')).toEqual(['w/1.jsonl', 'w/2.jsonl']);
  });

  test('may have names with the signs of globs and splits', async () => {
    const folder = folderWith({ 'a[1].jsonl': row, 'b#1.jsonl': row, 'c*.jsonl': row, 'cd.jsonl': row });
    expect(await found(folder, 'a[1].jsonl', 'b#1.jsonl', 'c*.jsonl')).toEqual(['a[1].jsonl', 'b#1.jsonl', 'c*.jsonl']);
  });

  test('are told by their content before their name', async () => {
    const folder = folderWith({
      'rows.json': row + row,
      'one.json': row,
      'list.json': `[${row}]`,
      'rows.txt': row,
      table: 'a,b\n1,2\n',
      'tabs.txt': 'a\tb\n1\t2\n',
      'rows.csv': gzipSync('a;b\n1;2\n'),
      'rows.jsonl': `\ufeff  \n${row}`,
    });
    const names = ['rows.json', 'one.json', 'list.json', 'rows.txt', 'table', 'tabs.txt', 'rows.csv', 'rows.jsonl'];
    const files = await findFiles(names.map((name) => join(folder, name)));
    expect(files.map(({ container, compression }) => [container, compression])).toEqual([
      ['jsonl', undefined],
      ['json', undefined],
      ['json', undefined],
      ['jsonl', undefined],
      ['csv', undefined],
      ['tsv', undefined],
      ['csv', 'gzip'],
      ['jsonl', undefined],
    ]);
    expect(files[0]).toEqual({ path: join(folder, 'rows.json'), bytes: 16, container: 'jsonl' });
  });

  test('that are no data are refused with what they are', async () => {
    const folder = folderWith({
      'rows.jsonl': row,
      empty: '',
      'blank.csv': '\ufeff \r\n\t\n',
      'packed-nothing.jsonl.gz': gzipSync(''),
      'sheet.xlsx': Buffer.from('PK\u0003\u0004rest'),
      'utf16.csv': Buffer.from('\ufeffa,b\n', 'utf16le'),
      'picture.jsonl': Buffer.from('\x89PNG\r\n', 'latin1'),
      noise: Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 37) % 256)),
      'cut.gz': gzipSync('x'.repeat(100)).subarray(0, 10),
    });
    symlinkSync('loop', join(folder, 'loop'));
    const uris = [
      'row.jsonl',
      'nowhere/x',
      'rows.jsonl/x',
      'rows.jsonl#train',
      'week-*.csv',
      'no/*.csv',
      'loop',
      'a\0b',
    ];
    const files = [
      'empty',
      'blank.csv',
      'packed-nothing.jsonl.gz',
      'sheet.xlsx',
      'utf16.csv',
      'picture.jsonl',
      'noise',
    ];
    const all = [];
    for (const uri of [...uris, ...files, 'cut.gz']) all.push(await said(folder, uri));
    expect(all).toMatchInlineSnapshot(`
      [
        "NoSuchFile: the data file FOLDER/row.jsonl is not there: did you mean rows.jsonl?",
        "NoSuchFile: the data file FOLDER/nowhere/x is not there: there is no folder FOLDER/nowhere",
        "NoSuchFile: the data file FOLDER/rows.jsonl/x is not there: there is no folder FOLDER/rows.jsonl",
        "BadData: FOLDER/rows.jsonl is a file and has no split "train": only a dataset folder has splits",
        "NoSuchFile: no file matches FOLDER/week-*.csv: FOLDER holds blank.csv, cut.gz, empty, loop, noise and 5 more",
        "NoSuchFile: no file matches FOLDER/no/*.csv: there is no folder FOLDER/no",
        "NoSuchFile: FOLDER/loop is a symbolic link that leads back to itself",
        "NoSuchFile: a path cannot hold a NUL: "FOLDER/a\\u0000b"",
        "EmptyData: FOLDER/empty is empty: expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "EmptyData: FOLDER/blank.csv has nothing but white space in it: expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "EmptyData: FOLDER/packed-nothing.jsonl.gz has nothing but white space in it: expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "BadData: FOLDER/sheet.xlsx is a ZIP archive or Office document: unpack it, or save the sheet as CSV; expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "BadData: FOLDER/utf16.csv is UTF-16 text: save it as UTF-8; expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "BadData: FOLDER/picture.jsonl is a picture; expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "BadData: FOLDER/noise is a binary file; expected rows as JSONL (also .gz, .zst), JSON, CSV, TSV, Parquet or Arrow",
        "BadData: FOLDER/cut.gz is cut short: its compressed data do not end. Export it again",
      ]
    `);
    expect(await said('/dev', 'null')).toBe('BadData: FOLDER/null is no regular file: name a file of rows');
  });

  test.skipIf(process.getuid?.() === 0)('that may not be read are told so', async () => {
    const folder = folderWith({ 'rows.jsonl': row });
    chmodSync(join(folder, 'rows.jsonl'), 0);
    expect(await said(folder, 'rows.jsonl')).toBe(
      'NoSuchFile: FOLDER/rows.jsonl cannot be read: check its permissions',
    );
  });
});

describe('a dataset folder', () => {
  test('of the hub has the splits of its file names', async () => {
    const folder = folderWith({
      'README.md': '# A data set',
      '.cache/train.jsonl': row,
      'dataset_infos.json': '{}',
      'labels.csv': 'a\n1\n',
      'data/train-00010-of-00011.jsonl': row,
      'data/train-00002-of-00011.jsonl': row,
      'data/test-00000-of-00001.jsonl': row,
      'dev/rows.jsonl': row,
    });
    symlinkSync('..', join(folder, 'data', 'up'));
    expect(await found(folder, '.#train')).toEqual([
      'data/train-00002-of-00011.jsonl',
      'data/train-00010-of-00011.jsonl',
    ]);
    expect(await found(folder, '.#validation')).toEqual(['dev/rows.jsonl']);
    expect(await found(folder, '.#valid')).toEqual(['dev/rows.jsonl']);
    expect(await said(folder, 'data')).toMatchInlineSnapshot(
      `"BadData: FOLDER/data has several splits: test (1 file), train (2 files), validation (1 file). Name one, as in FOLDER/data#test"`,
    );
    expect(await said(folder, '.#tests')).toMatchInlineSnapshot(
      `"BadData: FOLDER/. has no split "tests"; it has test (1 file), train (2 files), validation (1 file)"`,
    );
  });

  test('without names of splits is all of its data files', async () => {
    const folder = folderWith({
      'week-10.jsonl': row,
      'week-9.jsonl.gz': gzipSync(row),
      'sub/x.csv': 'a\n1\n',
      note: 'x',
    });
    expect(await found(folder, '.')).toEqual(['sub/x.csv', 'week-9.jsonl.gz', 'week-10.jsonl']);
  });

  test('follows its README.md', async () => {
    const readme = [
      '---',
      'license: mit',
      'configs:',
      '- config_name: default',
      '  data_files:',
      '  - split: train',
      '    path: ["a/*.jsonl", b/x.jsonl]',
      '  - split: test',
      '    path: c',
      '- config_name: small',
      '  data_files: a/1.jsonl',
      '- config_name: none',
      '---',
      '# Text',
    ].join('\r\n');
    const files = { 'a/1.jsonl': row, 'a/2.jsonl': row, 'b/x.jsonl': row, 'b/y.jsonl': row, 'c/z.jsonl': row };
    const folder = folderWith({ 'README.md': readme, ...files });
    expect(await found(folder, '.#train')).toEqual(['a/1.jsonl', 'a/2.jsonl', 'b/x.jsonl']);
    expect(await found(folder, '.#test')).toEqual(['c/z.jsonl']);
    expect(await found(folder, '.#small/train')).toEqual(['a/1.jsonl']);
    expect(await said(folder, '.')).toMatchInlineSnapshot(
      `"BadData: FOLDER has several splits: train (3 files), test (1 file), small/train (1 file). Name one, as in FOLDER#train"`,
    );
  });

  test.each([
    ['data_files: ../secret.jsonl', 'leads out'],
    ['data_files: /etc/passwd', 'is absolute'],
    ['data_files: missing.jsonl', 'is not there'],
    ['data_files: 7', 'is no path'],
    ['data_files: [', 'is no YAML'],
  ])('whose README.md names a file that cannot be (%s) is refused', async (line, _what) => {
    const readme = `---\nconfigs:\n- config_name: default\n  ${line}\n---\n`;
    const outcome = await said(folderWith({ 'README.md': readme, 'a.jsonl': row }), '.');
    expect(outcome).toMatch(/^BadData: .*(?:README\.md|is not in that folder)/s);
  });

  test('that save_to_disk wrote has the order of its state, and splits of its own', async () => {
    // An Arrow stream begins with this mark; what is behind it is read later.
    const arrow = Buffer.from([255, 255, 255, 255, 8, 0, 0, 0]);
    const saved = {
      'dataset_info.json': '{}',
      'state.json': JSON.stringify({ _data_files: [{ filename: 'data-1.arrow' }, { filename: 'data-0.arrow' }] }),
      'data-0.arrow': arrow,
      'data-1.arrow': arrow,
      'cache-1.arrow': arrow,
    };
    expect(await found(folderWith(saved), '.')).toEqual(['data-1.arrow', 'data-0.arrow']);
    const inSplits = Object.entries(saved).flatMap(([name, content]) => [
      [`train/${name}`, content] as const,
      [`odd name/${name}`, content] as const,
    ]);
    const folder = folderWith({
      'dataset_dict.json': JSON.stringify({ splits: ['train', 'odd name'] }),
      ...Object.fromEntries(inSplits),
    });
    expect(await found(folder, '.#odd name')).toEqual(['odd name/data-1.arrow', 'odd name/data-0.arrow']);
    expect(await said(folder, '.')).toBe(
      'BadData: FOLDER has several splits: train (2 files), odd name (2 files). Name one, as in FOLDER#train',
    );
    expect(await said(folderWith({ 'dataset_dict.json': '{"splits":["../.."]}' }), '.')).toBe(
      'BadData: FOLDER names the file ../.., which is not in that folder',
    );
    expect(await said(folderWith({ 'dataset_dict.json': '[' }), '.')).toBe(
      'BadData: FOLDER/dataset_dict.json is no JSON object: copy the data set again',
    );
  });

  test('or glob with a link to a data file that is gone is not read without it', async () => {
    const folder = folderWith({ 'a.jsonl': row });
    symlinkSync('blob-1', join(folder, 'b.jsonl'));
    symlinkSync('nowhere', join(folder, 'notes'));
    const outcome =
      'NoSuchFile: the data file FOLDER/b.jsonl is not there: it is a symbolic link to a file that is gone';
    expect(await said(folder, '.')).toBe(outcome);
    expect(await said(folder, '*.jsonl')).toBe(outcome);
  });

  test('that is none says what would be one', async () => {
    const folder = folderWith({ 'notes.md': 'x', 'a.py': 'x' });
    mkdirSync(join(folder, 'deep'));
    expect(await said(folder, '.')).toMatchInlineSnapshot(
      `"BadData: FOLDER is no data set: expected data files (JSONL, JSON, CSV, TSV, Parquet, Arrow), or what save_to_disk of datasets writes; it holds a.py, deep, notes.md"`,
    );
    expect(await said(folder, 'deep')).toMatchInlineSnapshot(
      `"BadData: FOLDER/deep is no data set: expected data files (JSONL, JSON, CSV, TSV, Parquet, Arrow), or what save_to_disk of datasets writes; it holds nothing"`,
    );
  });
});
