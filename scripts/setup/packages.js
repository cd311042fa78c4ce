// Part 1: the npm packages, the project's Node among them.
import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, remove, writeJson } from './files.js';
import { cacheDir, oldestNode, packagesDigest, packagesStamp, projectNode, root } from './places.js';
import { run, SetupError } from './run.js';

/**
 * @param {string} [from] repository root
 * @returns {import('./part.js').Part}
 */
export function packages(from = root) {
  const stamp = packagesStamp(from);
  return {
    name: 'npm packages',
    check() {
      const made = /** @type {{ digest: string } | undefined} */ (readJson(stamp));
      return made?.digest === packagesDigest(from) && linked(from) && projectNode(from) !== undefined;
    },
    async make(progress) {
      remove(stamp); // npm empties node_modules step by step: half of it must not look whole.
      const { ok, tail } = await run(
        'npm',
        // Install scripts stay off: nothing here needs one, and npm is about to stop running them by itself.
        [
          'ci',
          '--ignore-scripts',
          '--include=dev',
          '--include=optional',
          '--no-audit',
          '--no-fund',
          '--cache',
          join(cacheDir(), 'npm'),
        ],
        // Its warnings are about packages that other packages chose.
        { cwd: from, onLine: (line) => void (line.startsWith('npm warn') || progress.note(line)) },
      );
      if (!ok)
        throw new SetupError(
          `npm could not install the packages: ${lastError(tail)}`,
          'check the connection to your npm registry, then run `npm run setup` again',
        );
      const node = projectNode(from);
      if (!node) {
        throw new SetupError(
          `npm has no Node ${oldestNode} for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}`,
          `install Node ${oldestNode} or newer, then run \`npm run setup\` with it`,
        );
      }
      link(from);
      writeJson(stamp, { digest: packagesDigest(from), node });
    },
  };
}

/** @param {string} from */
const linkOf = (from) => join(from, 'node_modules', '.bin', 'anneal');
const target = join('..', '..', 'bin', 'anneal');

/**
 * npx looks into node_modules/.bin first; without this link it reads the package's
 * manifest for half a second more, and asks the registry when run in a sub-folder.
 * @param {string} from
 */
function link(from) {
  remove(linkOf(from));
  mkdirSync(join(from, 'node_modules', '.bin'), { recursive: true });
  symlinkSync(target, linkOf(from));
}

/** @param {string} from */
function linked(from) {
  try {
    return lstatSync(linkOf(from)).isSymbolicLink() && readlinkSync(linkOf(from)) === target;
  } catch {
    return false;
  }
}

/** @param {string} tail npm's last lines */
function lastError(tail) {
  const lines = tail
    .split('\n')
    .filter((line) => line.startsWith('npm error') && !/complete log|npm error (code|errno|syscall)/.test(line));
  return (lines[0] ?? tail.split('\n').at(-1) ?? '').replace(/^npm error\s*(\d{3}\s+)?/, '');
}
