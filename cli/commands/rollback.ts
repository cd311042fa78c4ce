import { rollbackAlias } from '../../artifacts/ledger/rollback.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { actor, noState, readState } from '../state.ts';
import { reasonOf, report, versionNumber } from './promote.ts';

interface Flags {
  alias?: string;
  to?: string;
  why?: string;
  reason?: string;
  json: boolean;
}

export async function rollback(flags: Flags, name: string): Promise<void> {
  const { alias = 'champion' } = flags;
  const why = reasonOf(flags) ?? 'rolled back by hand';
  const to = flags.to === undefined ? {} : { to: versionNumber('to', flags.to) };
  await readState(async ({ home, ledger }) => {
    const { condition } = createFileStore(home.store);
    const found = await rollbackAlias(ledger, condition, { name, alias, actor: actor(), why, ...to });
    report(flags.json, { name, alias, ...found });
  }, noState);
}
