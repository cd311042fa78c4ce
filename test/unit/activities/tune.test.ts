import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import type { Deps } from '../../../activities/step/deps.ts';
import { createTune } from '../../../activities/tune.ts';
import type { Tuner } from '../../../adapters/contracts.ts';
import { enterArtifact, findArtifact } from '../../../artifacts/ledger/artifacts.ts';
import { findExecution, refsOf } from '../../../artifacts/ledger/executions.ts';
import { openRun } from '../../../artifacts/ledger/runs.ts';
import { createFileStore } from '../../../artifacts/store.ts';
import { RecipeSchema } from '../../../configs/recipe.ts';
import type { ArtifactRef, StepResult } from '../../../configs/refs.ts';
import { calmWorld, fakeOutside } from '../../support/fakes.ts';
import { emptyFolder } from '../support/folder.ts';
import { newLedger, newRun } from '../support/ledger.ts';

const environment = (): MockActivityEnvironment =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
const zeros = '0'.repeat(64);

/** The tune step with a faked trainer; `changed` is what is different about that trainer. */
async function bench(changed: (tuner: Tuner) => Partial<Tuner> = () => ({})) {
  const [folder, ledger, world] = [emptyFolder(), await newLedger(), calmWorld()];
  const store = createFileStore(join(folder, 'store'));
  const { tuner, generator, models } = fakeOutside(world, folder);
  const tuners = { mlx: { ...tuner, ...changed(tuner) } };
  const deps: Deps = {
    store,
    ledger,
    scratch: join(folder, 'scratch'),
    worker: 'test:1',
    tuners,
    generator,
    models,
    writers: {},
  };
  const step = createTune(deps);
  const save = async (type: 'Model' | 'Dataset', text: string): Promise<ArtifactRef> => {
    const file = join(folder, 'file');
    writeFileSync(file, text);
    return enterArtifact(ledger, type, await store.putFile(file), {});
  };
  const inputs = { base: await save('Model', 'base'), train: await save('Dataset', 'rows') };
  let runs = 0;
  return {
    world,
    ledger,
    save,
    inputs,
    tune: async (more: Record<string, ArtifactRef> = {}, seed = 1): Promise<StepResult & { run: string }> => {
      runs += 1;
      const run = { id: `run-${runs}`, options: { refresh: [], noCache: false } };
      await openRun(ledger, newRun(run.id));
      const call = { run, params: RecipeSchema.shape.tune.parse({ seed }), inputs: { ...inputs, ...more } };
      const submitted: Awaited<ReturnType<typeof step.submit>> = await environment().run(step.submit, call);
      const result: StepResult = submitted.result ?? (await environment().run(step.await, call));
      return { ...result, run: run.id };
    },
    identity: async ({ outputs }: StepResult): Promise<string> =>
      readFileSync(join(await store.path(String(outputs['model']?.digest)), 'anneal.json'), 'utf8'),
    meta: async ({ outputs }: StepResult): Promise<unknown> =>
      JSON.parse((await findArtifact(ledger, String(outputs['model']?.digest)))?.meta_json ?? '') as unknown,
  };
}

const modelOf = (result: StepResult): ArtifactRef => result.outputs['model'] as ArtifactRef;

test('a model from the base says nothing of a start, so its digest is what it was before there were any', async () => {
  const { tune, identity, meta, inputs } = await bench();
  const result = await tune();
  const base = inputs.base.digest;
  expect(await identity(result)).toBe(
    `{"base":"${base}","chatTemplateSha256":"${zeros}","kind":"adapter","libraries":{"tuner":"fake","version":"1"},"method":"lora","seed":1,"tokenizerSha256":"${zeros}","tuner":"mlx"}`,
  );
  expect(await meta(result)).toEqual({ kind: 'adapter', base, chatTemplateSha256: zeros, tokenizerSha256: zeros });
  expect(result.facts).not.toHaveProperty('depth');
});

test('a warm start is part of the model, its lineage and its key, and counts the starts in a row', async () => {
  const { tune, identity, meta, ledger, world } = await bench();
  const first = await tune();
  const second = await tune({ start: modelOf(first) }, 2);
  const third = await tune({ start: modelOf(second) }, 2);
  const hex = (result: StepResult): string => modelOf(result).digest.slice(7, 19);
  expect(world.calls).toEqual(['submit 1', `submit 2 from ${hex(first)}`, `submit 2 from ${hex(second)}`]);
  for (const [result, start, depth] of [
    [second, first, 1],
    [third, second, 2],
  ] as const) {
    const origin = { start: modelOf(start).digest, depth };
    expect(JSON.parse(await identity(result))).toMatchObject(origin);
    expect(await meta(result)).toMatchObject(origin);
    expect(result.facts['depth']).toBe(depth);
    const execution = await findExecution(ledger, result.run, 'tune');
    expect((await refsOf(ledger, execution?.id ?? '', 'in'))['start']).toEqual(modelOf(start));
  }

  expect(await tune({ start: modelOf(first) }, 2)).toMatchObject({ cached: true, outputs: second.outputs });
  expect(await tune({}, 2)).toMatchObject({ cached: false });
  expect(world.calls).toHaveLength(4);
});

test('a start that was tuned from another base is refused before anything is ordered', async () => {
  const { tune, save, inputs, world } = await bench();
  const first = await tune();
  const base = await save('Model', 'another base');
  await expect(tune({ base, start: modelOf(first) })).rejects.toMatchObject({
    type: 'StartMismatch',
    nonRetryable: true,
    message: `the model to start from (${modelOf(first).digest}) was tuned from base ${inputs.base.digest}, this training's base is ${base.digest}: give the same base, or train from the base model`,
  });
  await expect(tune({ start: inputs.base })).rejects.toThrow(
    /was tuned from base \(none is recorded: it is no tuned model\), this training's base is /,
  );
  expect(world.calls).toEqual(['submit 1']);
});

test('a start that was trained with another chat template or tokenizer is refused', async () => {
  let template = zeros;
  const { tune } = await bench((tuner) => ({
    collect: async (key) => ({ ...(await tuner.collect(key)), chatTemplateSha256: template }),
  }));
  const first = await tune();
  template = 'f'.repeat(64);
  await expect(tune({ start: modelOf(first) })).rejects.toMatchObject({
    type: 'StartMismatch',
    nonRetryable: true,
    message: `the model to start from (${modelOf(first).digest}) was trained with chatTemplateSha256 ${zeros}, this training with ${template}: train from the base model`,
  });
});
