// Makes what the project needs: `npm run setup`, or `node scripts/setup.js [--only <part>] [--quiet]`.
// Writes to the repository and to one cache folder, needs Node 20 or newer and nothing else.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withLock } from './setup/lock.js';
import { remove } from './setup/files.js';
import { openblas } from './setup/openblas.js';
import { packages } from './setup/packages.js';
import { seconds, showProgress } from './setup/progress.js';
import { SetupError } from './setup/run.js';
import { temporal } from './setup/temporal.js';
import { trainer } from './setup/trainer.js';
import { cacheDir, root } from './toolchain.js';

/**
 * All parts, in the order in which they are made.
 * @param {string} from repository root
 */
export function allParts(from) {
  return { packages: packages(from), temporal: temporal(), trainer: trainer(from), openblas: openblas(from) };
}

/**
 * Makes the parts that are not current, one set-up at a time.
 * @param {import('./setup/part.js').Part[]} parts
 * @param {{ write: (text: string) => unknown, isTTY?: boolean }} output
 * @returns {Promise<number>} how many parts were made
 * @throws {SetupError} from the first part that cannot be made
 */
export async function setUp(parts, output) {
  // The usual case, and quick: no lock, no process.
  if (parts.every((part) => part.check())) return 0;
  return withLock(
    cacheDir(),
    async () => {
      let made = 0;
      for (const part of parts) {
        // Asked again: another set-up may have made it while this one waited for the lock.
        if (part.check()) continue;
        await makePart(part, output);
        made += 1;
      }
      if (made > 0) remove(join(cacheDir(), 'tmp'));
      return made;
    },
    ({ pid }) => output.write(`  another set-up is at work (process ${pid}): waiting for it\n`),
  );
}

/**
 * @param {import('./setup/part.js').Part} part
 * @param {{ write: (text: string) => unknown, isTTY?: boolean }} output
 */
async function makePart(part, output) {
  const start = Date.now();
  const progress = showProgress(part.name, output);
  try {
    await part.make(progress);
  } finally {
    progress.stop();
  }
  output.write(`  ${part.name}: ready in ${seconds(start)}\n`);
}

/** @param {string[]} args */
async function main(args) {
  const parts = allParts(root);
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  if (only !== undefined && !Object.hasOwn(parts, only)) {
    console.error(`There is no part "${only}". The parts are ${Object.keys(parts).join(', ')}.`);
    return 2;
  }
  const start = Date.now();
  try {
    const chosen = Object.entries(parts).filter(([name]) => only === undefined || name === only);
    const made = await setUp(
      chosen.map(([, part]) => part),
      process.stderr,
    );
    if (made > 0) process.stderr.write(`Set up in ${seconds(start)}.\n`);
    else if (!args.includes('--quiet')) process.stderr.write('Set-up is current.\n');
    return 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`${error.message}.\nTo go on: ${error.remedy}.`);
    return 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main(process.argv.slice(2));
