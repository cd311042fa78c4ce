import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../../scripts/setup/lock.js';
import { cacheDir } from '../../../scripts/toolchain.js';

const run = promisify(execFile);
const LOCK = join(import.meta.dirname, 'kfp.lock');
/** For making the environment, in ms: pip downloads about 20 MB. */
const TIMEOUT_MS = 180_000;

/** A Python with the locked kfp in the cache folder, made by the first call on a machine; else why there is none. */
export async function kfpPython(): Promise<{ python: string } | { reason: string }> {
  const digest = createHash('sha256').update(readFileSync(LOCK)).digest('hex').slice(0, 12);
  const folder = join(cacheDir(), `kfp-${digest}`);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'done');
  if (existsSync(done)) return { python };
  try {
    mkdirSync(cacheDir(), { recursive: true });
    await withLock(
      folder,
      async () => {
        if (existsSync(done)) return;
        rmSync(folder, { recursive: true, force: true });
        const options = { timeout: TIMEOUT_MS };
        await run('python3', ['-m', 'venv', folder], options);
        const quiet = ['--no-input', '--disable-pip-version-check', '--quiet', '--no-cache-dir'];
        await run(python, ['-m', 'pip', 'install', '--require-hashes', ...quiet, '-r', LOCK], options);
        writeFileSync(done, '');
      },
      () => undefined,
    );
    return { python };
  } catch (error) {
    const lines = (error as { stderr?: string }).stderr?.trim().split('\n') ?? [];
    return { reason: `pip cannot install kfp here: ${lines.at(-1) ?? String(error)}`.slice(0, 200) };
  }
}
