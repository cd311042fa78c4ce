import { verifyStore } from '../../artifacts/verify.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { EXIT } from '../command.ts';
import { print, printJson, table, tell } from '../output.ts';
import { noState, readState } from '../state.ts';

export async function verify(flags: { json: boolean }): Promise<number> {
  return readState(async ({ home, ledger }) => {
    const { checked, damaged, unchecked } = await verifyStore(openShelfStore(home, ledger), ledger);
    const isRight = damaged.length === 0 && unchecked.length === 0;
    for (const { store, why } of unchecked) tell(`${store} was not looked into: ${why}`);
    if (flags.json) printJson({ ok: isRight, checked, damaged, unchecked });
    else if (damaged.length === 0) print(`${checked} artifacts match their digests`);
    else {
      print(table(damaged.map(({ digest, type, condition, store }) => [condition, type, digest, store ?? ''])));
      print(
        `${damaged.length} of ${checked} artifacts are damaged: \`anneal lineage DIGEST --up\` shows what made one; the next run that needs it makes it again`,
      );
    }
    return isRight ? EXIT.done : EXIT.failed;
  }, noState);
}
