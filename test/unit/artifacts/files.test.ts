import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { asideOf, digestFile, listFiles, writeAtomic } from '../../../artifacts/files.ts';
import { digestOf } from '../../../artifacts/canonical.ts';
import { emptyFolder, folderWith } from '../support/folder.ts';

test('a file is written with its folders, and replaces the old one', async () => {
  const path = join(emptyFolder(), 'a', 'b.json');
  await writeAtomic(path, 'first');
  await writeAtomic(path, Buffer.from('second'));
  expect(readFileSync(path, 'utf8')).toBe('second');
  expect(readdirSync(dirname(path))).toEqual(['b.json']);
});

test('of many that write the same file one wins, whole', async () => {
  const path = join(emptyFolder(), 'b.json');
  const texts = Array.from({ length: 10 }, (_, i) => String(i).repeat(50_000));
  await Promise.all(texts.map((text) => writeAtomic(path, text)));
  expect(texts).toContain(readFileSync(path, 'utf8'));
  expect(readdirSync(dirname(path))).toEqual(['b.json']);
});

test('a failure leaves nothing beside', async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
  await expect(writeAtomic(join(folder, 'taken'), 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder)).toEqual(['taken']);
});

test('names aside are hidden, beside the file and never the same', () => {
  const names = Array.from({ length: 100 }, () => asideOf('/a/b/file'));
  expect(new Set(names).size).toBe(100);
  for (const name of names) expect(name).toMatch(/^\/a\/b\/\.tmp-\d+-[0-9a-f]{12}$/);
});

test('files are listed below a folder, sorted, with slashes', async () => {
  const folder = folderWith({ 'b/c': '', a: '', 'b/a/z': '', B: '' });
  expect(await listFiles(folder)).toEqual(['B', 'a', 'b/a/z', 'b/c']);
});

test('a file is hashed as its bytes are, also over many chunks', async () => {
  const bytes = Buffer.alloc(3_000_001, 'abc');
  expect(await digestFile(join(folderWith({ big: bytes }), 'big'))).toBe(digestOf(bytes));
});
