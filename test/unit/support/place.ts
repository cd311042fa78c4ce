import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFileStore } from '../../../artifacts/store.ts';
import { root } from '../../../scripts/toolchain.js';
import { homeAt } from '../../../worker/home.ts';
import { emptyFolder } from './folder.ts';
import { newLedger } from './ledger.ts';

export interface Answer {
  status: number;
  stdout: string;
  stderr: string;
}

/** A user's folder with a ledger and a store, and the command line in it, as `tester`. */
export async function newPlace() {
  const folder = emptyFolder();
  const home = homeAt(join(folder, '.anneal'));
  const env = { ...process.env, NO_COLOR: '1', ANNEAL_HOME: home.root, ANNEAL_USER: 'tester' };
  const anneal = async (...args: string[]): Promise<Answer> => {
    const done = promisify(execFile)(process.execPath, [join(root, 'cli', 'main.ts'), ...args], { cwd: folder, env });
    return done.then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ ...error, status: error.code }),
    );
  };
  return {
    folder,
    ledger: await newLedger(home.ledger),
    store: createFileStore(home.store),
    anneal,
    /** With `--json`: what it printed, parsed; a command may fail. */
    json: async <T = Record<string, unknown>>(...args: string[]): Promise<T> =>
      JSON.parse((await anneal(...args, '--json')).stdout) as T,
  };
}
