import { proxyActivities } from '@temporalio/workflow';
import { STEP } from '../../configs/presets.ts';
import type { RunRef } from '../../configs/refs.ts';
import type { createBenchActivities } from './overhead.ts';

type Activities = ReturnType<typeof createBenchActivities>;

// The same options for both: what differs is the wrapper.
const activities = proxyActivities<Activities>(STEP);

/** So many activities that do nothing, one after the other. */
export async function rawChain(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await activities.nothing(i);
}

/** So many steps that do nothing, one after the other. */
export async function stepChain(run: RunRef, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1)
    await activities.noop({ run, params: { number: i }, inputs: {}, instance: `noop#${i}` });
}
