import { beforeEach, expect, test } from 'vitest';
import { beginExecution, completeExecution, noteExecution } from '../../../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { trainingSpeed } from '../../../../worker/datasets/speed.ts';
import { newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});

async function trained(runId: string, tokensPerSecond: number, cachedFrom?: string): Promise<void> {
  const step = { runId, instance: 'tune', step: 'tune', stepVersion: '1', attempt: 1, worker: 'w', inputs: {} };
  const { id } = await beginExecution(ledger, step);
  await noteExecution(ledger, id, { progress: { step: 9, steps: 10, tokensPerSecond } });
  const outcome = { outputs: {}, metrics: {}, facts: {}, cost: {} };
  await completeExecution(ledger, id, outcome, cachedFrom === undefined ? {} : { cachedFrom });
}

test('the speed of this machine is that of the trainings it has done, slowest and fastest', async () => {
  expect(await trainingSpeed(ledger)).toBeUndefined();
  await trained('a', 400);
  await trained('b', 900);
  await trained('c', 9000, 'a/tune');
  expect(await trainingSpeed(ledger)).toEqual({ low: 400, high: 900 });
});
