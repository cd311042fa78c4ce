import { expect, test, vi } from 'vitest';
import { audit, listAudit } from '../../../artifacts/ledger/audit.ts';
import { registerVersion } from '../../../artifacts/ledger/models.ts';
import { newPlace } from '../support/place.ts';

// Each command is a process of its own.
vi.setConfig({ testTimeout: 60_000 });

/** Three promoted versions whose models are in the store. */
async function threeVersions() {
  const place = await newPlace();
  const digests: string[] = [];
  for (const version of [1, 2, 3]) {
    const { digest } = await place.store.putBytes(`model ${version}`);
    digests.push(digest);
    const run = `run-${version}`;
    await registerVersion(
      place.ledger,
      { name: 'triage', digest, runId: run, executionId: run, verdict: 'promote', card: digest, actor: 'anneal' },
      { alias: 'champion', expect: version === 1 ? null : version - 1, why: 'better' },
    );
  }
  return { ...place, digests };
}

test('a frozen line refuses to be promoted and rolled back until it is unfrozen', async () => {
  const { anneal, json } = await threeVersions();
  expect(await anneal('freeze', 'triage', '--reason', 'release week')).toMatchObject({ status: 0, stderr: '' });
  const refused = await anneal('promote', 'triage@v2');
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^error: triage was frozen by tester on .* UTC \(release week\), so no alias of it moves: `anneal unfreeze triage` lets it\n$/,
  );
  expect(await json('rollback', 'triage')).toMatchObject({ ok: false, error: { type: 'Frozen' } });
  expect((await anneal('models')).stdout).toContain('frozen: triage was frozen by tester');
  expect(await json<object[]>('models')).toMatchObject([{ name: 'triage', frozen: { reason: 'release week' } }]);
  expect(await json('freeze', 'triage', '--reason', 'other')).toMatchObject({ isNew: false, reason: 'release week' });
  expect(await json('unfreeze', 'triage')).toMatchObject({ name: 'triage', wasFrozen: true });
  expect((await anneal('unfreeze', 'triage')).stdout).toBe('triage was not frozen\n');
  expect((await anneal('promote', 'triage@v2')).stdout).toBe('triage@champion: v3 → v2\n');
});

test('freezing takes the name of a line that is there, and a reason', async () => {
  const { anneal } = await threeVersions();
  expect(await anneal('freeze', 'triagee', '--reason', 'x')).toMatchObject({
    status: 2,
    stderr: 'error: there is no line of models "triagee": did you mean "triage"?\n',
  });
  expect((await anneal('freeze', 'triage@v3', '--reason', 'x')).stderr).toContain('give triage');
  expect(await anneal('freeze', 'triage')).toMatchObject({ status: 2 });
  expect(await anneal('freeze', 'triage', '--reason', ' ')).toMatchObject({ status: 2 });
});

test('a rollback says what it passes over and why', async () => {
  const { anneal, json, ledger, digests, store } = await threeVersions();
  await store.remove(digests[1] as string);
  expect((await anneal('rollback', 'triage', '--reason', 'complaints')).stdout).toBe(
    'v2 is passed over: its model is missing from the store\ntriage@champion: v3 → v1\n',
  );
  expect((await listAudit(ledger, 'triage'))[0]).toMatchObject({ action: 'rollback', why: 'complaints' });
  expect(await json('rollback', 'triage', '--to', 'v3')).toEqual({
    name: 'triage',
    alias: 'champion',
    from: 1,
    to: 3,
    moved: true,
    skipped: [],
  });
  expect(await anneal('rollback', 'triage', '--to', 'last')).toMatchObject({ status: 2 });
});

test('a version that is damaged, or whose promotion was re-opened, is not promoted by hand', async () => {
  const { anneal, json, ledger, digests, store } = await threeVersions();
  await audit(ledger, { actor: 'ana', action: 'reopened', name: 'triage', to: 2, why: 'the judge is gone' });
  const refused = await anneal('promote', 'triage@v2');
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('triage@v2 is not promoted: its promotion was re-opened on');
  expect(await json('promote', 'triage@v2', '--force', '--reason', 'seen by us')).toMatchObject({ to: 2, moved: true });
  expect((await listAudit(ledger, 'triage'))[0]).toMatchObject({ action: 'promote', why: 'seen by us' });
  await store.remove(digests[0] as string);
  expect(await json('promote', 'triage@v1', '--force')).toMatchObject({ error: { type: 'DamagedModel' } });
  expect(await anneal('promote', 'triage@v2', '--why', 'a', '--reason', 'b')).toMatchObject({ status: 2 });
});
