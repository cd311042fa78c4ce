import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generatorOf, generatorParts } from '../../../activities/remote-models.ts';
import type { Deps } from '../../../activities/step/deps.ts';
import { enterArtifact } from '../../../artifacts/ledger/artifacts.ts';
import { openLedger } from '../../../artifacts/ledger/open.ts';
import { createFileStore } from '../../../artifacts/store.ts';
import { remoteFolder } from '../../support/google/remote-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'anneal-remote-models-'));
let deps: Deps;
const models: Record<string, string> = {};
const generator = (name: string) => ({ identity: async () => ({ generator: name, version: '1' }) });

beforeAll(async () => {
  const ledger = await openLedger(join(folder, 'ledger.db'));
  const store = createFileStore(join(folder, 'store'));
  deps = {
    ledger,
    store,
    generator: generator('here'),
    generators: { vertex: generator('vertex') },
  } as unknown as Deps;
  const base = { provider: 'vertex', model: 'gemini-2.5-flash', base: 'gemini-2.5-flash' };
  for (const [name, remote] of Object.entries({
    base,
    tuned: { ...base, model: 'projects/p/locations/l/endpoints/1' },
    other: { ...base, provider: 'elsewhere' },
  })) {
    const stored = await store.putFolder(await remoteFolder(join(folder, name), remote));
    models[name] = (await enterArtifact(ledger, 'Model', stored, { kind: 'remote' })).digest;
  }
  models['here'] = (await enterArtifact(ledger, 'Model', await store.putBytes('weights'), { kind: 'adapter' })).digest;
});
afterAll(async () => {
  await deps.ledger.destroy();
  rmSync(folder, { recursive: true });
});

test('a model at a vendor is answered for by the vendor’s generator, any other by this machine’s', async () => {
  const of = async (name: string) => {
    const { generator: found, remote } = await generatorOf(deps, models[name] ?? '');
    return [(await found.identity())['generator'], remote?.model];
  };
  expect(await of('here')).toEqual(['here', undefined]);
  expect(await of('base')).toEqual(['vertex', 'gemini-2.5-flash']);
  expect(await of('tuned')).toEqual(['vertex', 'projects/p/locations/l/endpoints/1']);
  await expect(of('other')).rejects.toMatchObject({
    type: 'NoGenerator',
    message: 'nobody here can ask models of elsewhere: known are vertex',
  });
});

test('the key of an evaluation holds the generator alone where both models have the same, else both by side', async () => {
  const parts = (candidate: string, champion: string) =>
    generatorParts(deps, { candidate: models[candidate] ?? '', champion: models[champion] ?? '' });
  expect(await parts('here', 'here')).toEqual({ generator: 'here', version: '1' });
  expect(await parts('tuned', 'base')).toEqual({ generator: 'vertex', version: '1' });
  expect(await parts('tuned', 'here')).toEqual({
    'candidate.generator': 'vertex',
    'candidate.version': '1',
    'champion.generator': 'here',
    'champion.version': '1',
  });
});
