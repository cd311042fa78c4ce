import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { takeNotices } from '../artifacts/ledger/notices.ts';
import { openLedger, type Ledger } from '../artifacts/ledger/open.ts';
import { findRun } from '../artifacts/ledger/runs.ts';
import type { RunRow } from '../artifacts/ledger/schema.ts';
import { findHome, type Home } from '../worker/home.ts';
import { UsageError } from './command.ts';
import { noteText, tell } from './output.ts';

/** The state folder with its ledger open. */
export interface State {
  home: Home;
  ledger: Ledger;
}

/** Works with the state folder; it is made when it is not there. */
export async function withState<T>(work: (state: State) => Promise<T>): Promise<T> {
  const home = findHome();
  const ledger = await openLedger(home.ledger);
  try {
    await showNotices(ledger);
    return await work({ home, ledger });
  } finally {
    await ledger.destroy();
  }
}

/** Reads the state folder; where there is none, nothing is made and `none` is the answer. */
export async function readState<T>(work: (state: State) => Promise<T>, none: () => T): Promise<T> {
  return existsSync(findHome().ledger) ? withState(work) : none();
}

/** For commands that make no sense without a state folder. */
export function noState(): never {
  throw new UsageError(
    `there is no state in ${findHome().root}: go to the folder you ran \`anneal run\` in, or set ANNEAL_HOME`,
  );
}

/** Shows on stderr, once, what runs have to say to whoever comes next. */
async function showNotices(ledger: Ledger): Promise<void> {
  for (const { at, kind, run_id, line, message } of await takeNotices(ledger)) {
    const when = at.slice(0, 16).replace('T', ' ');
    tell(`notice: ${when} UTC, ${noteText(line)} ${kind}: ${noteText(message)}; anneal show ${run_id ?? ''}`.trimEnd());
  }
}

/** The run of an id or a unique beginning of one; without an id the newest. */
export async function runOf(ledger: Ledger, id: string | undefined): Promise<RunRow> {
  const row = await findRun(ledger, id);
  if (row) return row;
  throw new UsageError(
    id === undefined
      ? 'there is no run yet: start one with `anneal run RECIPE`'
      : `there is no run "${id}", or more than one begins so: \`anneal runs\` lists them`,
  );
}

/** Who acts, as written into the audit. */
export function actor(): string {
  return process.env['ANNEAL_USER'] ?? userInfo().username;
}
