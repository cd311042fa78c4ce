import { findGarbage, removeGarbage, storesLeftAlone } from '../../worker/garbage.ts';
import { bytes, print, printJson, shortDigest, table, tell } from '../output.ts';
import { noState, readState } from '../state.ts';

export async function gc(flags: { apply: boolean; json: boolean }): Promise<void> {
  await readState(async ({ home, ledger }) => {
    const garbage = await findGarbage(home, ledger);
    if (flags.apply) await removeGarbage(home, ledger, garbage);
    const total = garbage.reduce((sum, { bytes: size }) => sum + size, 0);
    for (const { uri, why } of await storesLeftAlone(home, ledger)) tell(`${uri} is left alone: ${why}`);
    if (flags.json) return printJson({ applied: flags.apply, bytes: total, removed: garbage });
    if (garbage.length === 0) return print('nothing to remove');
    print(
      table(
        garbage.map(({ kind, id, bytes: size }) => [kind, kind === 'artifact' ? shortDigest(id) : id, bytes(size)]),
      ),
    );
    print(flags.apply ? `removed ${bytes(total)}` : `${bytes(total)} would go: \`anneal gc --apply\` removes it`);
  }, noState);
}
