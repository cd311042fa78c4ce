import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answersOf, type Asker, type Side } from '../../../../activities/evaluation/answers.ts';
import { enterArtifact } from '../../../../artifacts/ledger/artifacts.ts';
import { createFileStore } from '../../../../artifacts/store.ts';
import { terminal } from '../../../../configs/failure.ts';
import { Evaluate } from '../../../../configs/evaluate.ts';
import { remoteFolder } from '../../../support/google/remote-model.ts';
import { emptyFolder } from '../../support/folder.ts';
import { newLedger } from '../../support/ledger.ts';

test('a champion whose endpoint is gone is told apart from a candidate whose is: tuning again helps the latter alone', async () => {
  const [folder, ledger] = [emptyFolder(), await newLedger()];
  const store = createFileStore(join(folder, 'store'));
  const tuned = { provider: 'vertex', model: 'projects/p/locations/l/endpoints/1', base: 'gemini-2.5-flash' };
  const stored = await store.putFolder(await remoteFolder(join(folder, 'tuned'), tuned));
  const model = await enterArtifact(ledger, 'Model', stored, { kind: 'remote' });
  const prompts = await enterArtifact(ledger, 'Dataset', await store.putBytes('{}\n'), {});
  const gone = terminal('NoEndpoint', 'tune it anew', { gone: 'the endpoint 1' });
  const vertex = { identity: async () => ({ generator: 'vertex' }), generate: () => Promise.reject(gone) };
  const asker = {
    deps: { ledger, store, generator: vertex, generators: { vertex } },
    run: { id: 'r1', options: { refresh: [], noCache: false } },
    instance: 'evaluate',
    jobKey: 'r1.evaluate',
    input: () => model,
    metaOf: async () => ({ kind: 'remote' }),
    signal: new AbortController().signal,
  } as unknown as Asker;
  const { decoding, batchSize } = Evaluate.parse({});
  const ask = (side: Side) => answersOf(asker, side, { prompts, rows: 1, decoding, batchSize });
  await expect(ask('candidate')).rejects.toBe(gone);
  await expect(ask('champion')).rejects.toMatchObject({
    type: 'ChampionGone',
    message: expect.stringMatching(/the endpoint 1 does not answer any more.*anneal rollback NAME.*anneal rerun r1/),
  });
});
