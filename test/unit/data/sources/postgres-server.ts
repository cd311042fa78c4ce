import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../../support/free-port.ts';

const HOME = '/usr/lib/postgresql';
/** The user "nobody": Postgres refuses to be run by root. */
const NOBODY = 65_534;

/** A Postgres server of its own on the loopback interface. */
export interface PostgresServer {
  uri: string;
  port: number;
  stop(): Promise<void>;
}

/** The folder with the newest server programs that Debian's packages have installed, if there is one. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(HOME) ? readdirSync(HOME).toSorted((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(HOME, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')));
}

/** Starts a server in a temporary folder with one user, who has the password given. */
export async function startPostgres(bin: string, password: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'anneal-postgres-'));
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'password'), password, { mode: 0o644 });
  const login = ['--username=anneal', '--auth=scram-sha-256', `--pwfile=${join(folder, 'password')}`];
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '--no-sync', '-E', 'UTF8', '--locale=C', ...login], {
    ...user,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const options = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories=', '-F'];
  const server = spawn(join(bin, 'postgres'), options, { ...user, cwd: folder, stdio: 'ignore' });
  const uri = `postgres://anneal:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(uri, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { uri, port, stop };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  // Fast shutdown: open connections are cut.
  server.kill('SIGINT');
  await gone;
}

async function untilReady(uri: string, server: ChildProcess): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ connectionString: uri });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (attempt > 100 || server.exitCode !== null) throw error;
      await sleep(100);
    }
  }
}
