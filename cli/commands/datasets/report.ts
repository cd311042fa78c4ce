import { resolve } from 'node:path';
import { copyOut, madeBy } from '../../made.ts';
import { print, printJson, shortDigest, table } from '../../output.ts';
import { noState, readState } from '../../state.ts';

/** Writes the pages about a run's data, for a browser: what preparation did, and what synthesis did. */
export async function report(flags: { output: string; json: boolean }, id?: string): Promise<void> {
  const found = await readState((state) => madeBy(state, id, 'DataReport'), noState);
  for (const one of found.files) {
    const target = resolve(flags.output, `${found.run}-${one.step.replaceAll('#', '-')}.html`);
    await copyOut(one.file, target);
    one.file = target;
  }
  if (flags.json) return printJson(found);
  if (found.files.length === 0) return print(`${found.run} has no page about its data: it did not get that far`);
  print(table(found.files.map(({ step, digest, file }) => [step, shortDigest(digest), file])));
}
