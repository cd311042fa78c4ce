import { glob, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { terminal } from '../../configs/failure.ts';
import { isFarUri } from '../../configs/source-paths.ts';
import { NOTHING_FAR, type FarFile, type FarFiles } from './far.ts';
import { filesOfFolder } from './folder.ts';
import { lookAt, someOf, statOf, unreadable } from './file.ts';
import { inOrder } from './order.ts';
import type { SourceFile } from './source.ts';

/**
 * The files that paths, globs and folders stand for, in a fixed order: as they are listed, each in the natural
 * order of its paths, and none twice. A folder may carry its split: `folder#train`. What lies elsewhere is copied here.
 * @throws TerminalError `NoSuchFile`, `EmptyData`, `BadData` with what is there in place of what was asked.
 */
export async function findFiles(uris: readonly string[], far: FarFiles = NOTHING_FAR): Promise<SourceFile[]> {
  const found = new Map<string, FarFile | undefined>();
  for (const uri of uris) {
    if (isFarUri(uri)) for (const file of await far.find(uri)) found.set(file.uri, file);
    else for (const path of await pathsOf(uri)) found.set(resolve(path), undefined);
  }
  const files: SourceFile[] = [];
  for (const [name, file] of found) {
    if (file) files.push({ ...(await lookAt(await far.fetch(file), name)), far: file });
    else files.push(await lookAt(name));
  }
  return files;
}

/**
 * The paths that a path, glob or folder stands for, without a look at what is in them.
 * @throws TerminalError `NoSuchFile`, `BadData`
 */
export async function pathsOf(uri: string): Promise<string[]> {
  if (uri.includes('\0')) throw terminal('NoSuchFile', `a path cannot hold a NUL: ${JSON.stringify(uri)}`);
  // What is there under the very name is meant, whatever signs the name has.
  if (await isThere(uri)) return fileOrFolder(uri);
  const hash = uri.lastIndexOf('#');
  if (hash > 0 && (await isThere(uri.slice(0, hash)))) return fileOrFolder(uri.slice(0, hash), uri.slice(hash + 1));
  if (/[*?[{]/.test(uri)) return matchesOf(uri);
  return fileOrFolder(uri);
}

async function fileOrFolder(path: string, split?: string): Promise<string[]> {
  const found = await statOf(path);
  if (found.isDirectory()) return filesOfFolder(path, split);
  if (split === undefined) return [path];
  const message = `${path} is a file and has no split "${split}": only a dataset folder has splits`;
  throw terminal('BadData', message, { file: path });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    // Why it is not there is told by whoever needs it.
    return false;
  }
}

async function matchesOf(pattern: string): Promise<string[]> {
  const paths: string[] = [];
  try {
    for await (const path of glob(pattern)) {
      if (!(await statOf(path)).isDirectory()) paths.push(path);
    }
  } catch (error) {
    throw unreadable(pattern, error) ?? error;
  }
  if (paths.length > 0) return paths.toSorted(inOrder);
  let folder = dirname(pattern);
  while (/[*?[{]/.test(folder)) folder = dirname(folder);
  const names = await readdir(folder).catch(() => undefined);
  const there = names ? `${folder} holds ${someOf(names)}` : `there is no folder ${folder}`;
  throw terminal('NoSuchFile', `no file matches ${pattern}: ${there}`, { file: pattern });
}
