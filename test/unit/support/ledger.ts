import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { digestOf } from '../../../artifacts/canonical.ts';
import { enterArtifact } from '../../../artifacts/ledger/artifacts.ts';
import { beginExecution, completeExecution, type Beginning } from '../../../artifacts/ledger/executions.ts';
import { openLedger, type Ledger } from '../../../artifacts/ledger/open.ts';
import type { NewRun } from '../../../artifacts/ledger/runs.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';
import type { ArtifactRef, ArtifactType, Refs } from '../../../configs/refs.ts';
import { emptyFolder } from './folder.ts';

/** A ledger in a folder of its own, closed when the test ends. */
export async function newLedger(file = join(emptyFolder(), 'ledger.db')): Promise<Ledger> {
  const ledger = await openLedger(file);
  onTestFinished(() => ledger.destroy());
  return ledger;
}

/** Enters an artifact of made-up content. */
export const artifact = (ledger: Ledger, type: ArtifactType, name: string, meta = {}): Promise<ArtifactRef> =>
  enterArtifact(ledger, type, { digest: digestOf(name), bytes: name.length, files: 1 }, meta);

export const recipe = RecipeSchema.parse({
  name: 'support-triage',
  data: { train: { uri: '/train.jsonl' }, split: { test: 0.2 }, template: { prompt: '{{a}}', completion: '{{b}}' } },
  model: { base: 'org/name' },
});

/** A run to be entered. */
export const newRun = (id: string, changed: Partial<NewRun> = {}): NewRun => ({
  id,
  recipe,
  options: { refresh: [], noCache: false },
  workflowId: `anneal-${id}`,
  startedBy: 'someone',
  ...changed,
});

/** A step to be begun. */
export const beginning = (runId: string, step: string, changed: Partial<Beginning> = {}): Beginning => ({
  runId,
  instance: step,
  step,
  stepVersion: '1',
  attempt: 1,
  worker: 'worker-1',
  inputs: {},
  ...changed,
});

/** Begins and completes a step; gives its id. */
export async function finishStep(
  ledger: Ledger,
  runId: string,
  step: string,
  inputs: Refs,
  outputs: Refs,
): Promise<string> {
  const { id } = await beginExecution(ledger, beginning(runId, step, { inputs }));
  await completeExecution(ledger, id, { outputs, metrics: {}, facts: {}, cost: {} });
  return id;
}
