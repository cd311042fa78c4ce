import { join } from 'node:path';
import { expect, test } from 'vitest';
import { syncLine } from '../../../activities/mirroring/line.ts';
import { writeRemoteModel } from '../../../adapters/remote/model-file.ts';
import { enterArtifact } from '../../../artifacts/ledger/artifacts.ts';
import { registerVersion } from '../../../artifacts/ledger/models.ts';
import { openRun } from '../../../artifacts/ledger/runs.ts';
import { createFileStore } from '../../../artifacts/store.ts';
import { GoogleMirror } from '../../../configs/google-mirror.ts';
import { fakeMirror } from '../../support/fake-mirror.ts';
import { emptyFolder } from '../support/folder.ts';
import { artifact, finishStep, newLedger, newRun } from '../support/ledger.ts';

test('a version whose files are gone fails alone, and the others of its line are shown', async () => {
  const ledger = await newLedger();
  const store = createFileStore(join(emptyFolder(), 'store'));
  const meta = { kind: 'remote' };
  const folder = emptyFolder();
  await writeRemoteModel(folder, { provider: 'vertex', model: 'projects/p/locations/l/endpoints/1', base: 'gemini' });
  const models = [
    await artifact(ledger, 'Model', 'gone', meta),
    await enterArtifact(ledger, 'Model', await store.putFolder(folder), meta),
  ];
  for (const [i, model] of models.entries()) {
    await openRun(ledger, newRun(`r${i}`));
    const executionId = await finishStep(ledger, `r${i}`, 'tune', {}, { model });
    const card = (await artifact(ledger, 'ModelCard', `card ${i}`)).digest;
    const version = { name: 'line', digest: model.digest, runId: `r${i}`, executionId, card, actor: 'a' };
    await registerVersion(ledger, { ...version, verdict: 'promote' }, undefined);
  }
  const deps = { ledger, store, ...fakeMirror().mirroring };
  const wanted = { google: {}, settings: GoogleMirror.parse({ registry: true }) };
  const results = await syncLine(deps, 'line', wanted, { dryRun: false });
  expect(results.map(({ key, state }) => `${key} ${state}`)).toEqual(['line@v1 failed', 'line@v2 created']);
  expect(results[0]?.why).toContain('is not in the store');
});
