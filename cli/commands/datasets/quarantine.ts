import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../../command.ts';
import { copyOut, madeBy } from '../../made.ts';
import { print, printJson, shortDigest, table } from '../../output.ts';
import { noState, readState } from '../../state.ts';

/** What was put aside in a run: where it lies, or copies of it to mend and send back. */
export async function quarantine(flags: { output?: string; json: boolean }, id?: string): Promise<void> {
  const found = await readState((state) => madeBy(state, id, 'Quarantine'), noState);
  if (flags.output !== undefined) {
    for (const one of found.files) {
      const target = resolve(flags.output, `${one.step.replaceAll('#', '-')}-${one.role}.jsonl`);
      if (existsSync(target)) throw new UsageError(`${target} is there already: name another folder with --output`);
      await copyOut(one.file, target);
      one.file = target;
    }
  }
  if (flags.json) return printJson(found);
  if (found.files.length === 0) return print(`nothing was put aside in ${found.run}`);
  print(table(found.files.map(({ step, role, digest, file }) => [step, role, shortDigest(digest), file])));
  print('\nmend "row" in these lines and give the file as a further source (data.train.uri takes a list)');
}
