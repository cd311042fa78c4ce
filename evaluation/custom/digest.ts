import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, terminal } from '../../configs/failure.ts';

/**
 * Files named by a relative path: `import … from './x.ts'`, `import('./x.ts')`, `require('./x.cjs')` and
 * `new URL('./words.json', import.meta.url)`. Packages are not followed.
 */
const NAMED = /\b(?:from|import|require|URL)\s*\(?\s*['"`](\.{1,2}\/[^'"`\n]+)['"`]/g;
const CODE = /\.[cm]?[jt]s$/;
/** More files than this are no metric. */
const MOST_FILES = 200;

/**
 * Digest, "sha256:…", of a metric's file and of every local file that it names, and so on from those: when one of them
 * changes, scores are made anew. The same files in another folder have the same digest.
 *
 * @throws TerminalError `BadMetric` when the file cannot be read, or there are more than 200.
 */
export async function digestOfCustom(file: string): Promise<string> {
  const hash = createHash('sha256');
  const seen = new Set<string>();
  const add = async (path: string, name: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    if (seen.size > MOST_FILES)
      throw terminal('BadMetric', `${file} imports more than ${MOST_FILES} files: a metric is smaller than that`);
    const content = await readFile(path).catch((error: unknown) => {
      if (seen.size === 1) throw terminal('BadMetric', `${path} cannot be read (${messageOf(error)}): check the path`);
      // A path in a comment, perhaps; where the metric needs it, loading says so.
      return undefined;
    });
    hash.update(`${JSON.stringify(name)} ${content?.length ?? 'absent'}\n`);
    if (content === undefined) return;
    hash.update(content);
    if (!CODE.test(path)) return;
    for (const [, target = ''] of content.toString('utf8').matchAll(NAMED))
      await add(resolve(dirname(path), target), target);
  };
  await add(resolve(file), '');
  return `sha256:${hash.digest('hex')}`;
}
