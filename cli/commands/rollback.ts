import { rollbackAlias } from '../../artifacts/ledger/models.ts';
import { actor, noState, readState } from '../state.ts';
import { report } from './promote.ts';

export async function rollback(flags: { alias?: string; why?: string; json: boolean }, name: string): Promise<void> {
  const { alias = 'champion', why = 'rolled back by hand' } = flags;
  await readState(async ({ ledger }) => {
    const { from, to } = await rollbackAlias(ledger, { name, alias, actor: actor(), why });
    report(flags.json, { name, alias, from, to, moved: true });
  }, noState);
}
