// Where the tools are: the project's Node, the Temporal CLI and the trainer's Python.
// Plain JavaScript without dependencies: set-up runs it before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './setup/files.js';
import { cacheDir, onPath, packagesDigest, packagesStamp, projectNode, root } from './setup/places.js';

export { cacheDir, projectNode, root };

/**
 * @typedef {{ path: string, version: string, source: 'path' | 'cache' }} Temporal
 * @typedef {{ name: string, ok: boolean, found: string, remedy?: string, note?: string }} Check
 * @typedef {{
 *   python: string, openblas?: string, env: Record<string, string>,
 *   libraries: Record<string, string>, lock: string,
 * }} Trainer What runs the trainer. `env` goes into the child process only; `lock` is the lock file's SHA-256.
 * @typedef {{
 *   lock: string, device: 'cuda' | 'default', sawNvidia: boolean, python: string, libraries: Record<string, string>,
 * }} TrainerStamp Written last into the virtual environment. `sawNvidia`: nvidia-smi was on PATH at the time.
 * @typedef {{ path?: string, plain: number, fast?: number, reason?: string }} OpenblasStamp Speeds in GFLOP/s.
 */

/** The Temporal CLI that set-up installs when PATH has none. */
export const temporalVersion = '1.5.1';

// Worker deployments and update-with-start behave as this project needs from this server on.
const oldestServer = { major: 1, minor: 29 };

/** Where set-up puts the Temporal CLI. */
export function cachedTemporal() {
  return join(cacheDir(), 'bin', `temporal-v${temporalVersion}`, 'temporal');
}

/**
 * The Temporal CLI on PATH, else set-up's own. Starts a process only for a file it has not seen before.
 * @returns {Temporal | undefined}
 */
export function findTemporal() {
  const found = onPath('temporal');
  const version = found && knownVersion(found);
  if (found && version) return { path: found, version, source: 'path' };
  const cached = cachedTemporal();
  return existsSync(cached) ? { path: cached, version: temporalVersion, source: 'cache' } : undefined;
}

/**
 * The version of a Temporal CLI by what was recorded for a file of this size and time, else by asking it.
 * @param {string} path
 * @returns {string | undefined} nothing when it does not run or is too old
 */
function knownVersion(path) {
  const { size, mtimeMs } = statSync(path);
  const record = join(cacheDir(), 'temporal.json');
  const stamp = /** @type {{ path: string, size: number, mtimeMs: number, version?: string } | undefined} */ (
    readJson(record)
  );
  if (stamp?.path === path && stamp.size === size && stamp.mtimeMs === mtimeMs) return stamp.version;
  const version = temporalVersionOf(path);
  try {
    mkdirSync(cacheDir(), { recursive: true });
    writeJson(record, { path, size, mtimeMs, version });
  } catch {
    // A read-only cache folder costs a quarter of a second each time, nothing else.
  }
  return version;
}

/**
 * What `temporal --version` says.
 * @param {string} path
 * @returns {string | undefined} nothing when it does not run or its server is too old
 */
export function temporalVersionOf(path) {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  const match = /temporal version ([^\s,(]+)(?:.*Server (\d+)\.(\d+))?/.exec(stdout ?? '');
  if (status !== 0 || !match) return undefined;
  const [, version, major, minor] = match;
  const old = major !== undefined && (Number(major) - oldestServer.major || Number(minor) - oldestServer.minor) < 0;
  return old ? undefined : version;
}

/**
 * The lock file for a device, its digest and the virtual environment made from it.
 * @param {'cuda' | 'default'} device
 * @param {string} [from] repository root
 */
export function trainerPlace(device, from = root) {
  const file = join(from, 'adapters', 'mlx', 'requirements', device === 'cuda' ? 'trainer-cuda.lock' : 'trainer.lock');
  const lock = createHash('sha256').update(readFileSync(file)).digest('hex');
  const folder = join(cacheDir(), `trainer-${lock.slice(0, 12)}`);
  return { file, lock, folder, stamp: join(folder, 'anneal.json'), openblasStamp: join(folder, 'openblas.json') };
}

/**
 * The trainer's Python as set-up left it, the one for NVIDIA cards first.
 * @param {string} [from] repository root
 * @returns {Trainer & { stamp: TrainerStamp, openblasStamp?: OpenblasStamp } | undefined}
 */
export function findTrainer(from = root) {
  for (const device of /** @type {const} */ (['cuda', 'default'])) {
    const { folder, lock, stamp: stampFile, openblasStamp: openblasFile } = trainerPlace(device, from);
    const stamp = /** @type {TrainerStamp | undefined} */ (readJson(stampFile));
    const python = join(folder, 'bin', 'python');
    // The link python -> the system's Python breaks when the system upgrades its own.
    if (stamp?.lock !== lock || !existsSync(python)) continue;
    const openblasStamp = /** @type {OpenblasStamp | undefined} */ (readJson(openblasFile));
    const openblas = openblasStamp?.path;
    const fast = openblas !== undefined && existsSync(openblas);
    return {
      python,
      env: {
        HF_HUB_DISABLE_TELEMETRY: '1',
        TOKENIZERS_PARALLELISM: 'false',
        // Packages in the user's own folder must not shadow the locked ones.
        PYTHONNOUSERSITE: '1',
        ...(fast ? { LD_PRELOAD: [openblas, process.env['LD_PRELOAD']].filter(Boolean).join(':') } : {}),
      },
      libraries: stamp.libraries,
      lock,
      stamp,
      ...(fast ? { openblas } : {}),
      ...(openblasStamp ? { openblasStamp } : {}),
    };
  }
  return undefined;
}

const setup = 'npm run setup';

/**
 * What `anneal doctor` shows of the machine, in the order in which set-up makes it.
 * @returns {Check[]}
 */
export function checks() {
  return [checkNode(), checkPackages(), checkTemporal(), checkTrainer(), ...checkOpenblas(), ...checkCache()];
}

/** @returns {Check} */
function checkNode() {
  const node = projectNode();
  if (!node) return { name: 'Node', ok: false, found: `Node ${process.versions.node} only`, remedy: setup };
  return { name: 'Node', ok: true, found: node };
}

/** @returns {Check} */
function checkPackages() {
  const name = 'npm packages';
  const stamp = /** @type {{ digest: string } | undefined} */ (readJson(packagesStamp()));
  if (stamp?.digest === packagesDigest()) return { name, ok: true, found: 'as locked' };
  return { name, ok: false, found: stamp ? 'older than package-lock.json' : 'not installed by set-up', remedy: setup };
}

/** @returns {Check} */
function checkTemporal() {
  const temporal = findTemporal();
  if (!temporal) return { name: 'Temporal CLI', ok: false, found: 'none', remedy: setup };
  return { name: 'Temporal CLI', ok: true, found: `${temporal.version} (${temporal.path})` };
}

/** @returns {Check} */
function checkTrainer() {
  const trainer = findTrainer();
  if (!trainer)
    return { name: 'Trainer', ok: false, found: 'no Python environment for the current lock file', remedy: setup };
  const { 'mlx-lm': lm, mlx } = trainer.libraries;
  return { name: 'Trainer', ok: true, found: `mlx-lm ${lm}, mlx ${mlx} on Python ${trainer.stamp.python}` };
}

/** @returns {Check[]} */
function checkOpenblas() {
  const trainer = findTrainer();
  if (!trainer || process.platform !== 'linux' || trainer.stamp.device === 'cuda') return [];
  const stamp = trainer.openblasStamp;
  if (!stamp) return [{ name: 'OpenBLAS', ok: false, found: 'not set up', remedy: setup }];
  if (trainer.openblas)
    return [{ name: 'OpenBLAS', ok: true, found: `${stamp.fast} GFLOP/s, ${stamp.plain} without it` }];
  const remedy = `install libopenblas0 with your system's package manager, then ${setup}`;
  return [
    {
      name: 'OpenBLAS',
      ok: false,
      found: stamp.reason ?? `${stamp.path} is gone`,
      remedy,
      note: 'training works, but slowly',
    },
  ];
}

/** @returns {Check[]} */
function checkCache() {
  const folder = cacheDir();
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch {
    const remedy = 'make the folder writable, or set ANNEAL_CACHE to one that is';
    return [{ name: 'Cache folder', ok: false, found: `${folder} cannot be written`, remedy }];
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 2 ** 30;
  /** @type {Check} */
  const disk = { name: 'Disk space', ok: free >= 2, found: `${free.toFixed(1)} GiB free` };
  if (!disk.ok) disk.remedy = `free some space under ${folder}: set-up and a first run need 2 GiB`;
  return [{ name: 'Cache folder', ok: true, found: folder }, disk];
}
