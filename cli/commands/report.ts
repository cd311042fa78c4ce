import { runPage } from '../../worker/reports.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { print, printJson } from '../output.ts';
import { noState, readState, runOf } from '../state.ts';
import { writeOutput } from '../write-output.ts';

/** Writes the report of a run: one HTML file that opens from the disk. */
export async function report(flags: { output?: string; json: boolean }, id?: string): Promise<void> {
  const { run, html } = await readState(async ({ home, ledger }) => {
    const found = await runOf(ledger, id);
    return { run: found.id, html: await runPage({ ledger, store: openShelfStore(home, ledger) }, found.id) };
  }, noState);
  const file = await writeOutput('--output', flags.output ?? `${run}.html`, html);
  if (flags.json) return printJson({ run, file });
  print(file);
}
