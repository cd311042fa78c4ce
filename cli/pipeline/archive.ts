import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const tar = (...args: string[]): Promise<unknown> => promisify(execFile)('tar', args);

/** Packs a state folder into one file, whose folder is made. Nothing may be at work in it. @param without Folders in it that are left out. */
export async function pack(folder: string, file: string, without: readonly string[] = []): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const excluded = without.map((name) => `--exclude=./${name}`);
  await tar('--create', '--file', file, ...excluded, '--directory', folder, '.');
}

/** Unpacks it again; what lies there already and is not in it stays. */
export async function unpack(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await tar('--extract', '--file', file, '--directory', folder);
}
