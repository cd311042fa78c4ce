import { findAddress } from '../../worker/connect.ts';
import { printJson } from '../output.ts';
import { printRun, printStepDetails } from '../result.ts';
import { runDocument } from '../run-document.ts';
import { noState, readState, runOf } from '../state.ts';

export async function show(flags: { json: boolean }, id?: string): Promise<void> {
  await readState(async ({ home, ledger }) => {
    const document = await runDocument(ledger, await runOf(ledger, id), await findAddress(home));
    if (flags.json) return printJson(document);
    printRun(document);
    printStepDetails(document);
  }, noState);
}
