// Part 2: the Temporal CLI, which brings the server for one machine.
import { chmodSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedTemporal, findTemporal, temporalVersion, temporalVersionOf } from '../toolchain.js';
import { keep, remove } from './files.js';
import { cacheDir, onPath } from './places.js';
import { run, SetupError } from './run.js';

/** @returns {import('./part.js').Part} */
export function temporal() {
  return {
    name: 'Temporal CLI',
    check: () => findTemporal() !== undefined,
    async make(progress) {
      const work = join(cacheDir(), 'tmp', 'temporal');
      remove(work);
      mkdirSync(work, { recursive: true });
      const why = await download(work, progress).catch((/** @type {unknown} */ error) => reason(error));
      if (why !== undefined) {
        progress.say(`no download (${why}), building it from source, which takes some minutes`);
        await build(work, progress);
      }
      const made = join(work, 'temporal');
      chmodSync(made, 0o755);
      if (!temporalVersionOf(made))
        throw new SetupError(
          'The Temporal CLI was made but does not run',
          `put a working \`temporal\` ${temporalVersion} on PATH`,
        );
      keep(made, cachedTemporal());
      remove(work);
    },
  };
}

/**
 * Fetches the official release.
 * @param {string} work
 * @param {import('./progress.js').Progress} progress
 */
async function download(work, progress) {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const url = `https://temporal.download/cli/archive/v${temporalVersion}?platform=${process.platform}&arch=${arch}`;
  progress.note('downloading');
  // Ten seconds until the first byte of the answer; the archive itself may take longer.
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error('no answer within 10 s')), 10_000);
  const response = await fetch(url, { signal: stop.signal }).finally(() => clearTimeout(timer));
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  const archive = join(work, 'temporal.tar.gz');
  await writeFile(archive, new Uint8Array(await response.arrayBuffer()));
  const { ok, tail } = await run('tar', ['-xzf', archive, '-C', work, 'temporal']);
  if (!ok) throw new Error(`the archive cannot be unpacked: ${tail}`);
}

/** @param {unknown} error */
function reason(error) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Builds the same release with Go. Its caches are over a gigabyte and of no use afterwards.
 * @param {string} work
 * @param {import('./progress.js').Progress} progress
 */
async function build(work, progress) {
  if (!onPath('go')) {
    throw new SetupError(
      'The Temporal CLI is neither on PATH nor to be downloaded, and there is no Go to build it',
      `put \`temporal\` ${temporalVersion} or newer on PATH, or install Go 1.25 or newer`,
    );
  }
  const { ok, tail } = await run(
    'go',
    // The version is set as in the official release: `go install` leaves 0.0.0-DEV.
    [
      'install',
      '-v',
      '-trimpath',
      '-ldflags',
      `-s -w -X github.com/temporalio/cli/temporalcli.Version=${temporalVersion}`,
      `github.com/temporalio/cli/cmd/temporal@v${temporalVersion}`,
    ],
    {
      cwd: work,
      env: {
        CGO_ENABLED: '0',
        // Go makes its module cache read-only, and then nothing can remove it.
        GOFLAGS: '-modcacherw',
        GOPATH: join(work, 'go'),
        GOCACHE: join(work, 'cache'),
        GOMODCACHE: join(work, 'modules'),
        GOTMPDIR: work,
        GOBIN: join(work, 'bin'),
      },
      onLine: (line) => progress.note(line.replace(/^go: /, '')),
    },
  );
  if (!ok || !existsSync(join(work, 'bin', 'temporal'))) {
    throw new SetupError(
      `Go could not build the Temporal CLI: ${tail.split('\n').at(-1)}`,
      `put \`temporal\` ${temporalVersion} or newer on PATH, then run \`npm run setup\` again`,
    );
  }
  renameSync(join(work, 'bin', 'temporal'), join(work, 'temporal'));
}
