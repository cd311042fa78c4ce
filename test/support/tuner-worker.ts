import { setTimeout as sleep } from 'node:timers/promises';
import type { TuneOrder, Tuner } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';
import { paidFor } from './paid.ts';

/**
 * A worker that does with a tuner what the step `tune` does, as a process that can be killed:
 * `node tuner-worker.ts MODULE ARGUMENTS KEY`, where the module's `openTuner(ARGUMENTS)` gives tuner and order.
 */
export interface WorkerModule {
  openTuner(args: string): Promise<{ tuner: Tuner; order: TuneOrder; close?(): Promise<void> }>;
}

const [module = '', args = '', key = ''] = process.argv.slice(2);
const { openTuner } = (await import(module)) as WorkerModule;
const { tuner, order, close } = await openTuner(args);
await again(() => tuner.submit(key, order, 'r1', paidFor(key)));
for (;;) {
  const found = await again(() => tuner.poll(key));
  if (found.state === 'succeeded') break;
  if (found.state !== 'running') throw new Error(JSON.stringify(found));
  await sleep(20);
}
await again(() => tuner.collect(key));
await again(() => tuner.release(key));
await close?.();

async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof TerminalError || tries === 100) throw error;
      await sleep(50);
    }
  }
}
