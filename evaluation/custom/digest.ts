import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, terminal } from '../../configs/failure.ts';

/** Imports by a relative path, in either form; packages count by name alone. */
const IMPORTS = /(?:from\s*|import\s*\(?\s*)['"](\.{1,2}\/[^'"]+)['"]/g;
/** More files than this are no metric. */
const MOST_FILES = 200;

/**
 * Digest of a metric's file and of every file that it imports by a relative path: when one of them changes, scores are
 * made anew.
 * @throws TerminalError `BadMetric` for a file that cannot be read.
 */
export async function digestOfCustom(file: string): Promise<string> {
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const add = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    if (seen.size > MOST_FILES)
      throw terminal('BadMetric', `${file} imports more than ${MOST_FILES} files: a metric is smaller than that`);
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw terminal('BadMetric', `${path} cannot be read (${messageOf(error)}): check the path`);
    });
    // Names are relative, so that the same files elsewhere are the same metric.
    hash.update(`${seen.size}\0${text}\0`);
    for (const [, target = ''] of text.matchAll(IMPORTS)) await add(resolve(dirname(path), target));
  };
  await add(resolve(file));
  return `sha256:${hash.digest('hex')}`;
}
