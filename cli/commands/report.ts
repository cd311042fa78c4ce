import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { runPage } from '../../worker/reports.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import { print, printJson } from '../output.ts';
import { noState, readState, runOf } from '../state.ts';

/** Writes the report of a run: one HTML file that opens from the disk. */
export async function report(flags: { output?: string; json: boolean }, id?: string): Promise<void> {
  const { run, html } = await readState(async ({ home, ledger }) => {
    const found = await runOf(ledger, id);
    return { run: found.id, html: await runPage({ ledger, store: openShelfStore(home, ledger) }, found.id) };
  }, noState);
  const file = resolve(flags.output ?? `${run}.html`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, html);
  if (flags.json) return printJson({ run, file });
  print(file);
}
