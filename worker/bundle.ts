import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeAtomic } from '../artifacts/files.ts';
import { cacheDir } from '../scripts/toolchain.js';
import { workflowCodeVersion } from './code-version.ts';

/** Path of the workflow bundle of today's code; made once (a few seconds), then found in the cache folder. */
export async function workflowBundle(): Promise<string> {
  const folder = join(cacheDir(), 'workflows');
  const path = join(folder, `${workflowCodeVersion()}.js`);
  if (existsSync(path)) return path;
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  await writeAtomic(path, code);
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
