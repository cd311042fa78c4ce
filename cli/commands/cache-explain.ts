import { explainCache, type CacheExplanation } from '../../artifacts/ledger/cache.ts';
import { UsageError } from '../command.ts';
import { plain } from '../../configs/plain.ts';
import { print, printJson, table } from '../output.ts';
import { noState, readState, runOf } from '../state.ts';

export async function cacheExplain(flags: { json: boolean }, id: string, step: string): Promise<void> {
  await readState(async ({ ledger }) => {
    const run = await runOf(ledger, id);
    const found = await explainCache(ledger, run.id, step);
    if (!found) throw new UsageError(`run ${run.id} has no step "${step}": \`anneal show ${run.id}\` lists its steps`);
    if (flags.json) printJson(found);
    else printExplanation(found);
  }, noState);
}

function printExplanation({ run, step, result, reason, cachedFrom, key, nearest }: CacheExplanation): void {
  print(`${step} of ${run}: ${result}${reason === null ? '' : `, ${reason}`}`);
  if (key) print(`key ${key}`);
  if (cachedFrom) print(`outputs were made by ${cachedFrom}`);
  if (result !== 'miss') return;
  if (!nearest) return print('no earlier execution of this step has a key to compare with');
  print(`nearest earlier execution: ${nearest.execution}`);
  if (nearest.differs.length === 0)
    return print(`its key is the same; it was not taken over: ${nearest.why ?? 'unknown'}`);
  const rows = nearest.differs.map(({ part, here, there }) => [
    `  ${part}`,
    plain(there ?? '(absent)'),
    '→',
    plain(here ?? '(absent)'),
  ]);
  print(table(rows));
}
