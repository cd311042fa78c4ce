import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keep, readJson, remove, writeJson } from '../../../scripts/setup/files.js';
import { emptyFolder, folderWith } from '../support/folder.ts';

test('a JSON file comes back as it was written, and leaves nothing beside it', () => {
  const folder = emptyFolder();
  writeJson(join(folder, 'new', 'stamp.json'), { a: [1, 'ä'] });
  writeJson(join(folder, 'new', 'stamp.json'), { a: [2, 'ä'] });
  expect(readJson(join(folder, 'new', 'stamp.json'))).toEqual({ a: [2, 'ä'] });
  expect(readdirSync(join(folder, 'new'))).toEqual(['stamp.json']);
});

test.each(['missing.json', 'torn.json', 'empty.json', 'folder'])('%s is no JSON file', (name) => {
  const folder = folderWith({ 'torn.json': '{"a":', 'empty.json': '' });
  mkdirSync(join(folder, 'folder'));
  expect(readJson(join(folder, name))).toBeUndefined();
});

test('a file written aside gets its name in a folder made for it', () => {
  const folder = folderWith({ aside: 'bytes', 'bin/tool': 'old' });
  keep(join(folder, 'aside'), join(folder, 'bin', 'tool'));
  expect(readFileSync(join(folder, 'bin', 'tool'), 'utf8')).toBe('bytes');
  expect(existsSync(join(folder, 'aside'))).toBe(false);
  writeFileSync(join(folder, 'aside'), 'more');
  keep(join(folder, 'aside'), join(folder, 'deep', 'er', 'tool'));
  expect(readFileSync(join(folder, 'deep', 'er', 'tool'), 'utf8')).toBe('more');
});

test('removing takes all that is inside, and what is missing is fine', () => {
  const folder = folderWith({ 'a/b/c': '' });
  remove(join(folder, 'a'));
  remove(join(folder, 'a'));
  expect(readdirSync(folder)).toEqual([]);
});
