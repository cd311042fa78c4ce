import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isType, terminal } from '../../../configs/failure.ts';
import { bucketOf, openStorage, type StorageSettings } from './client.ts';
import { sumsOfFile } from './crc32c.ts';
import { headOf } from './objects.ts';
import type { Patience } from './persist.ts';
import { openSessions } from './sessions.ts';
import { gsUri, parseGs, type GsPlace } from './uri.ts';
import { createLarge, createSmall, LARGE_BYTES } from './upload.ts';

/**
 * Puts a file under a name of its own. What is there has to have the same content, unless it may be replaced; that very
 * generation stays until the new one is whole.
 * @throws TerminalError `ObjectExists`, `BadAddress`
 */
export async function putObject(
  path: string,
  uri: string,
  { replace, patience, ...settings }: { replace: boolean; patience?: Patience | undefined } & StorageSettings,
): Promise<void> {
  const place = objectAt(uri);
  const bucket = bucketOf(await openStorage(settings), place.bucket, settings);
  const doing = { uri: gsUri(place), bucket: place.bucket, settings };
  const sums = await sumsOfFile(path);
  const found = await headOf(bucket, place.name, doing, patience);
  if (found?.crc32c === sums.crc && Number(found.size) === sums.bytes) return;
  const exists = (): Error => {
    const message = `${uri} is there already with other content: name another object, or add --force to replace it`;
    return terminal('ObjectExists', message, { uri });
  };
  if (found && !replace) throw exists();
  const creation = { bucket, name: place.name, sums, settings, over: Number(found?.generation ?? 0), patience };
  try {
    if (sums.bytes > LARGE_BYTES) await createLarge(creation, path, openSessions(join(path, '..', 'sessions')));
    else await createSmall(creation, await readFile(path));
  } catch (error) {
    // Another was quicker.
    throw isType(error, 'CorruptArtifact') ? exists() : error;
  }
}

/** Bucket and name of what can be an object. @throws TerminalError `BadAddress` */
export function objectAt(uri: string): GsPlace {
  const place = parseGs(uri);
  if (place.name !== '' && !place.name.endsWith('/')) return place;
  throw terminal(
    'BadAddress',
    `${uri} names no object: expected gs://${place.bucket}/NAME, e.g. ${uri.replace(/\/?$/, '/')}rows.jsonl`,
  );
}
