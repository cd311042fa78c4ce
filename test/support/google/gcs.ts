import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withLock } from '../../../scripts/setup/lock.js';
import { onPath } from '../../../scripts/setup/places.js';
import { cacheDir } from '../../../scripts/toolchain.js';
import { freePort } from '../free-port.ts';

const VERSION = 'v1.56.1';
const MODULE = `github.com/fsouza/fake-gcs-server@${VERSION}`;

const folder = (): string => join(cacheDir(), 'bin', `fake-gcs-server-${VERSION}`);
const binary = (): string => join(folder(), 'fake-gcs-server');

/** Why there can be no server here; undefined: there is one, or it can be built. */
export const noGcs: string | undefined =
  existsSync(binary()) || onPath('go') ? undefined : 'there is no Go to build fake-gcs-server with';

/** A server of the Cloud Storage protocol on this machine, with its objects in a folder that outlives it. */
export interface GcsServer {
  /** For `STORAGE_EMULATOR_HOST`. */
  url: string;
  port: number;
  /** Ends it as `kill -9` would. */
  stop(): Promise<void>;
}

/** Starts fake-gcs-server; the first call on a machine builds it, which takes about a minute. */
export async function startGcs(root: string, buckets: readonly string[] = []): Promise<GcsServer> {
  if (!existsSync(binary())) await build();
  mkdirSync(root, { recursive: true });
  for (const bucket of buckets) mkdirSync(join(root, bucket), { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    'sh',
    [
      '-c',
      // It ends with this process, however that ends: then nobody holds the other end of the pipe any more.
      'trap "" INT TERM HUP; "$0" "$@" < /dev/null & cat > /dev/null; kill -9 $!',
      binary(),
      ...`-scheme http -host 127.0.0.1 -port ${port} -backend filesystem -public-host 127.0.0.1:${port} -log-level error`
        .split(' ')
        .concat('-filesystem-root', root, '-external-url', url),
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  await answers(url, child);
  return {
    url,
    port,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) throw new Error(`fake-gcs-server ended with ${child.exitCode}`);
    const reply = await fetch(`${url}/storage/v1/b?project=test`).catch(() => undefined);
    if (reply?.ok) return;
    await sleep(20);
  }
  throw new Error('fake-gcs-server does not answer');
}

/** Go's caches are of no use afterwards; one build at a time. */
async function build(): Promise<void> {
  const work = join(cacheDir(), 'tmp', 'fake-gcs-server');
  await withLock(
    join(cacheDir(), 'fake-gcs-server'),
    async () => {
      if (existsSync(binary())) return;
      rmSync(work, { recursive: true, force: true });
      mkdirSync(work, { recursive: true });
      await promisify(execFile)('nice', ['-n', '19', 'go', 'install', '-trimpath', '-ldflags', '-s -w', MODULE], {
        cwd: work,
        env: {
          ...process.env,
          CGO_ENABLED: '0',
          // Go makes its module cache read-only, and then nothing can remove it.
          GOFLAGS: '-modcacherw',
          GOPATH: join(work, 'go'),
          GOCACHE: join(work, 'cache'),
          GOMODCACHE: join(work, 'modules'),
          GOTMPDIR: work,
          GOBIN: join(work, 'bin'),
        },
      });
      mkdirSync(folder(), { recursive: true });
      renameSync(join(work, 'bin', 'fake-gcs-server'), binary());
      rmSync(work, { recursive: true, force: true });
    },
    () => undefined,
  );
}
