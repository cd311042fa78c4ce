import { copyFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { listExecutions, refsOf } from '../../../artifacts/ledger/executions.ts';
import { createFileStore } from '../../../artifacts/store.ts';
import { UsageError } from '../../command.ts';
import { print, printJson, shortDigest, table } from '../../output.ts';
import { noState, readState, runOf } from '../../state.ts';

/** What was put aside in a run: where it lies, or copies of it to mend and send back. */
export async function quarantine(flags: { output?: string; json: boolean }, id?: string): Promise<void> {
  const found = await readState(async ({ home, ledger }) => {
    const run = await runOf(ledger, id);
    const store = createFileStore(home.store);
    const files: { step: string; role: string; digest: string; file: string }[] = [];
    for (const { id: execution, instance } of await listExecutions(ledger, run.id)) {
      for (const [role, { digest, type }] of Object.entries(await refsOf(ledger, execution, 'out'))) {
        if (type === 'Quarantine') files.push({ step: instance, role, digest, file: await store.path(digest) });
      }
    }
    return { run: run.id, files };
  }, noState);
  if (flags.output !== undefined) {
    for (const one of found.files) {
      const target = resolve(flags.output, `${one.step.replaceAll('#', '-')}-${one.role}.jsonl`);
      if (existsSync(target)) throw new UsageError(`${target} is there already: name another folder with --output`);
      await copyFile(one.file, target);
      one.file = target;
    }
  }
  if (flags.json) return printJson(found);
  if (found.files.length === 0) return print(`nothing was put aside in ${found.run}`);
  print(table(found.files.map(({ step, role, digest, file }) => [step, role, shortDigest(digest), file])));
  print('\nmend "row" in these lines and give the file as a further source (data.train.uri takes a list)');
}
