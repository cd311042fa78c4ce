import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The state folder, with everything that Anneal keeps. */
export interface Home {
  root: string;
  store: string;
  /** Copies of what lies in stores elsewhere. */
  cache: string;
  ledger: string;
  jobs: string;
  scratch: string;
  logs: string;
  /** Local Temporal server: its database and what runs now. */
  server: string;
}

/** `$ANNEAL_HOME`, else the nearest `.anneal/` from a folder upward, else `.anneal/` in that folder (made on first use). */
export function findHome(from: string = process.cwd()): Home {
  const given = process.env['ANNEAL_HOME'];
  return homeAt(given ? resolve(from, given) : (upward(resolve(from)) ?? join(resolve(from), '.anneal')));
}

/** The layout of a state folder. */
export function homeAt(root: string): Home {
  return {
    root,
    store: join(root, 'store'),
    cache: join(root, 'cache'),
    ledger: join(root, 'ledger.db'),
    jobs: join(root, 'jobs'),
    scratch: join(root, 'scratch'),
    logs: join(root, 'logs'),
    server: join(root, 'server'),
  };
}

function upward(folder: string): string | undefined {
  const found = join(folder, '.anneal');
  if (existsSync(found) && statSync(found).isDirectory()) return found;
  return dirname(folder) === folder ? undefined : upward(dirname(folder));
}
