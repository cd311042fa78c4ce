import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../artifacts/files.ts';
import { apart } from '../configs/apart.ts';
import { cacheDir } from '../scripts/toolchain.js';
import { workflowCodeVersion } from './code-version.ts';
import type * as Bundler from './make-bundle.ts';

const BUNDLER = new URL('./make-bundle.ts', import.meta.url);
const WORKFLOWS = new URL('../workflows/index.ts', import.meta.url);

/** Path of the workflow bundle of today's code; made once (a few seconds), then found in the cache folder. */
export async function workflowBundle(): Promise<string> {
  const folder = join(cacheDir(), 'workflows');
  const path = join(folder, `${workflowCodeVersion()}.js`);
  if (existsSync(path)) return path;
  await writeAtomic(path, await apart<typeof Bundler, 'makeBundle'>(BUNDLER, 'makeBundle', WORKFLOWS.href));
  // Bundles of earlier code are of no use to anyone but a checkout that is switched back; keep a few.
  const others = (await readdir(folder)).filter((name) => name.endsWith('.js') && !path.endsWith(name));
  await Promise.all(
    others
      .toSorted()
      .slice(8)
      .map((name) => rm(join(folder, name), { force: true })),
  );
  return path;
}
