import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf } from '../../../artifacts/canonical.ts';
import { cacheDir } from '../../../scripts/toolchain.js';
import { bucketOf, openStorage, type StorageSettings } from './client.ts';
import { sumsOfFile } from './crc32c.ts';
import { openSessions } from './sessions.ts';
import { createLarge, createSmall, LARGE_BYTES } from './upload.ts';
import { gsUri, parseGs } from './uri.ts';

/**
 * Puts a file below a prefix under a name made of its content: doing it again changes nothing.
 *
 * @param extension With its dot, e.g. `.jsonl`.
 * @returns Its gs:// address.
 */
export async function putByContent(
  path: string,
  to: { prefix: string; extension: string; settings: StorageSettings },
): Promise<string> {
  const { prefix, extension, settings } = to;
  const { bucket: name, name: folder } = parseGs(prefix);
  const sums = await sumsOfFile(path);
  const object = `${folder.replace(/\/?$/, '/')}${hexOf(sums.digest)}${extension}`.replace(/^\//, '');
  const bucket = bucketOf(await openStorage(settings), name, settings);
  const creation = { bucket, name: object, sums, settings };
  if (sums.bytes > LARGE_BYTES) await createLarge(creation, path, openSessions(join(cacheDir(), 'uploads')));
  else await createSmall(creation, await readFile(path));
  return gsUri({ bucket: name, name: object });
}

/** The text of an object, of a long one the beginning. @param mostBytes More than one. */
export async function readObject(uri: string, settings: StorageSettings, mostBytes: number): Promise<string> {
  const { bucket, name } = parseGs(uri);
  const [bytes] = await bucketOf(await openStorage(settings), bucket, settings)
    .file(name)
    .download({ start: 0, end: mostBytes - 1 });
  return bytes.toString('utf8');
}
