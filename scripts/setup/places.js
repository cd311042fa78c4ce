// The repository, the cache folder and what npm lays down.
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, without a slash at its end. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The oldest Node that may stand in for the project's own, where no package has one (Macs). */
export const oldestNode = 24;

/** The one folder outside the repository that this project writes to. */
export function cacheDir() {
  const { ANNEAL_CACHE, XDG_CACHE_HOME } = process.env;
  if (ANNEAL_CACHE) return resolve(ANNEAL_CACHE);
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'anneal');
  return process.platform === 'darwin'
    ? join(homedir(), 'Library', 'Caches', 'anneal')
    : join(homedir(), '.cache', 'anneal');
}

/**
 * The Node that runs the project's TypeScript: npm's platform package, else this process's own when it is new enough.
 * @param {string} [from] repository root
 * @returns {string | undefined}
 */
export function projectNode(from = root) {
  // The platform packages are pinned by the lock file and need no install script, unlike the package `node`.
  for (const name of [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
    'node',
  ]) {
    const path = join(from, 'node_modules', name, 'bin', 'node');
    if (existsSync(path)) return path;
  }
  return Number.parseInt(process.versions.node, 10) >= oldestNode ? process.execPath : undefined;
}

/**
 * The first file of this name on PATH that may be run.
 * @param {string} name
 * @returns {string | undefined}
 */
export function onPath(name) {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (!folder) continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here: the next folder may have it.
    }
  }
  return undefined;
}

/**
 * What node_modules was made from. Install scripts do not run and native modules
 * use Node's stable ABI, so the version of the Node that runs set-up does not matter.
 * @param {string} [from] repository root
 */
export function packagesDigest(from = root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(from, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform}-${process.arch}`;
}

/**
 * Where set-up notes what node_modules was made from.
 * @param {string} [from] repository root
 */
export function packagesStamp(from = root) {
  return join(from, 'node_modules', '.anneal-setup.json');
}
