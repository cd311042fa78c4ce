import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode, terminal } from '../../configs/failure.ts';
import type { Notifier } from '../contracts.ts';

/** How far back a notice that may have been written already is looked for, in bytes. */
const LOOK_BACK = 2 ** 18;

/** Adds a line of JSON to a file; one that stands there already, by its id, is not added again. */
export function fileNotifier(path: string): Notifier {
  return {
    send: async (notice, key) => {
      const file = await openAt(path);
      try {
        const end = await endOf(file);
        if (end.split('\n').some((line) => line.startsWith(`{"id":${JSON.stringify(key)},`))) return;
        const line = `${JSON.stringify({ id: key, ...notice })}\n`;
        // A writer that was killed may have left half a line.
        await file.appendFile(end === '' || end.endsWith('\n') ? line : `\n${line}`);
        await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
}

async function openAt(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, 'a+', 0o644);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EACCES' && code !== 'EISDIR' && code !== 'ENOTDIR' && code !== 'EROFS') throw error;
    throw terminal('NoticeRefused', `cannot write to ${path} (${code}): check its owner and permissions`, {}, error);
  }
}

async function endOf(file: FileHandle): Promise<string> {
  const { size } = await file.stat();
  const length = Math.min(size, LOOK_BACK);
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, size - length);
  return buffer.toString('utf8');
}
