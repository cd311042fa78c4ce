import { rollbackAlias } from '../../artifacts/ledger/rollback.ts';
import { noteAlias } from '../../artifacts/note-alias.ts';
import { tell } from '../output.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
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
    const store = openShelfStore(home, ledger);
    const found = await rollbackAlias(ledger, store.condition, { name, alias, actor: actor(), why, ...to });
    const unnoted = await noteAlias({ ledger, store }, name, alias);
    if (unnoted !== undefined) tell(unnoted);
    report(flags.json, { name, alias, ...found });
  }, noState);
}
