import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tuner } from '../../adapters/contracts.ts';
import { createRemoteTuner } from '../../adapters/remote/tuner.ts';
import { vertexKind } from '../../adapters/vertex/kind.ts';
import { writeAtomic } from '../../artifacts/files.ts';
import { openLedger } from '../../artifacts/ledger/open.ts';
import { openRun } from '../../artifacts/ledger/runs.ts';
import { messageOf, TerminalError } from '../../configs/failure.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { RunOptions } from '../../configs/refs.ts';
import { runAt, type BenchRun } from './training.ts';

/**
 * Carries runs to their ends, some at a time and in an order of its own, so that two workers meet at the same run:
 * `node worker.ts FOLDER RUNS LANES SETTLE_MS`. Killed at any moment, another one goes on with them.
 */
const [folder = '', runs = '0', lanes = '1', settleMs = '1000'] = process.argv.slice(2);
const doneAt = (run: BenchRun): string => join(folder, 'done', run.id);
mkdirSync(join(folder, 'done'), { recursive: true });
const ledger = await openLedger(join(folder, 'ledger.db'));
const tuner = createRemoteTuner(vertexKind, {
  ledger,
  jobs: join(folder, 'jobs'),
  pollEveryMs: 100,
  settleMs: Number(settleMs),
});
/** Runs are taken in their order, shuffled within so many: workers meet at the same ones. */
const NEAR = 40;
const waiting = Array.from({ length: Number(runs) }, (_, index) => ({ index, at: index + Math.random() * NEAR }))
  .toSorted((a, b) => b.at - a.at)
  .map(({ index }) => index);
process.stdout.write('ready\n');
await Promise.all(
  Array.from({ length: Number(lanes) }, async () => {
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      const run = runAt(folder, index);
      if (!existsSync(doneAt(run))) await carry(tuner, run);
    }
  }),
);
await ledger.destroy();

/** What the step `tune` does. */
async function carry(by: Tuner, run: BenchRun): Promise<void> {
  const { id, jobKey, order, paid } = run;
  const recipe = { name: 'once', register: {} } as Recipe;
  try {
    await openRun(ledger, { id, recipe, options: RunOptions.parse({}), workflowId: id, startedBy: 'bench' });
    await again(() => by.submit(jobKey, order, id, paid));
    for (;;) {
      const { state } = await again(() => by.poll(jobKey));
      if (state === 'succeeded') break;
      if (state !== 'running') throw new TerminalError('Ended', `${id} ended as ${state}`);
      await sleep(100);
    }
    await again(() => by.collect(jobKey));
    await writeAtomic(doneAt(run), JSON.stringify(await again(async () => by.describe?.(jobKey))));
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    writeFileSync(join(folder, 'failed'), `${id}: ${messageOf(error)}\n`, { flag: 'a' });
    throw error;
  }
}

/** As a step is tried again: for as long as it takes, unless it was refused for good. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof TerminalError) throw error;
      await sleep(50 + Math.random() * 100);
    }
  }
}
