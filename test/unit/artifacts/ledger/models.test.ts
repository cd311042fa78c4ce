import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { listAudit } from '../../../../artifacts/ledger/audit.ts';
import {
  listModels,
  moveAlias,
  namesOf,
  registerVersion,
  versionAt,
  versionByNumber,
  type AliasMove,
  type NewVersion,
} from '../../../../artifacts/ledger/models.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { failureOf } from '../../support/failures.ts';
import { newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});

const version = (content: string, changed: Partial<NewVersion> = {}): NewVersion => ({
  name: 'triage',
  digest: digestOf(content),
  runId: `run of ${content}`,
  executionId: `run of ${content}/register`,
  verdict: 'promote',
  card: digestOf(`card of ${content}`),
  actor: 'anneal',
  ...changed,
});
const promotion = (expect: number | null) => ({ alias: 'champion', expect, why: 'better' });
const move = (to: number, changed: Partial<AliasMove> = {}): AliasMove => ({
  name: 'triage',
  alias: 'champion',
  to,
  actor: 'someone',
  action: 'rollback',
  why: 'complaints',
  ...changed,
});
const championOf = async (name = 'triage'): Promise<number | undefined> =>
  (await versionAt(ledger, name, 'champion'))?.version;

describe('a version', () => {
  test('gets the next number of its line', async () => {
    for (const content of ['a', 'b', 'c']) await registerVersion(ledger, version(content));
    await registerVersion(ledger, version('a', { name: 'other' }));
    expect((await listModels(ledger)).map(({ name, versions }) => [name, versions.map((v) => v.version)])).toEqual([
      ['other', [1]],
      ['triage', [1, 2, 3]],
    ]);
    expect(await versionByNumber(ledger, 'triage', 2)).toMatchObject({ digest: digestOf('b'), verdict: 'promote' });
    expect(await versionByNumber(ledger, 'triage', 4)).toBeUndefined();
  });

  test('of a model that has one stays the one it has', async () => {
    const first = await registerVersion(ledger, version('a'));
    const second = await registerVersion(ledger, version('a', { runId: 'another run' }));
    expect(first.isNew).toBe(true);
    expect(second).toEqual({ version: first.version, isNew: false, moved: false });
    expect(await listAudit(ledger, 'triage')).toHaveLength(1);
  });

  test('registered by many at once is one version', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, i) => registerVersion(ledger, version(i % 2 === 0 ? 'a' : 'b'))),
    );
    expect(results.filter(({ isNew }) => isNew)).toHaveLength(2);
    expect(new Set(results.map(({ version: { version } }) => version))).toEqual(new Set([1, 2]));
  });

  test('that was not promoted leaves the alias alone', async () => {
    await registerVersion(ledger, version('a'), promotion(null));
    await registerVersion(ledger, version('b', { verdict: 'reject' }));
    expect(await championOf()).toBe(1);
  });
});

describe('an alias', () => {
  test('moves with the promotion of the version, against the champion that was compared', async () => {
    expect(await registerVersion(ledger, version('a'), promotion(null))).toMatchObject({ isNew: true, moved: true });
    expect(await registerVersion(ledger, version('b'), promotion(1))).toMatchObject({ isNew: true, moved: true });
    expect(await versionAt(ledger, 'triage', 'champion')).toMatchObject({ version: 2, digest: digestOf('b') });
  });

  test('that has moved meanwhile refuses, and then nothing is registered either', async () => {
    await registerVersion(ledger, version('a'), promotion(null));
    await registerVersion(ledger, version('b'), promotion(1));
    const { type, message, details } = await failureOf(registerVersion(ledger, version('c'), promotion(1)));
    expect({ type, message, details }).toMatchInlineSnapshot(`
      {
        "details": {
          "from": 2,
        },
        "message": "triage@champion points to v2, not to v1 that was expected: look again, then decide",
        "type": "AliasMoved",
      }
    `);
    expect(await versionByNumber(ledger, 'triage', 3)).toBeUndefined();
    expect(await championOf()).toBe(2);
    expect(await listAudit(ledger, 'triage')).toHaveLength(4);
  });

  test('that was expected to be free, or to be there, says what it found', async () => {
    await registerVersion(ledger, version('a'), promotion(null));
    await registerVersion(ledger, version('b'));
    expect((await failureOf(moveAlias(ledger, move(2, { expect: null })))).message).toMatchInlineSnapshot(
      `"triage@champion points to v1, not to nothing that was expected: look again, then decide"`,
    );
    expect((await failureOf(moveAlias(ledger, move(2, { alias: 'canary', expect: 1 })))).message).toMatchInlineSnapshot(
      `"triage@canary points to nothing, not to v1 that was expected: look again, then decide"`,
    );
  });

  test('that is where it should be stays, without an audit row, whatever was expected', async () => {
    await registerVersion(ledger, version('a'), promotion(null));
    const before = await listAudit(ledger, 'triage');
    expect(await registerVersion(ledger, version('a'), promotion(null))).toMatchObject({ isNew: false, moved: false });
    expect(await moveAlias(ledger, move(1, { expect: 7 }))).toEqual({ from: 1, moved: false });
    expect(await listAudit(ledger, 'triage')).toEqual(before);
  });

  test('does not move to a version that is not there', async () => {
    await registerVersion(ledger, version('a'), promotion(null));
    const { type, message } = await failureOf(moveAlias(ledger, move(9)));
    expect(`${type}: ${message}`).toMatchInlineSnapshot(
      `"NoSuchVersion: there is no triage@v9: \`anneal models\` lists what there is"`,
    );
    expect(await championOf()).toBe(1);
  });

  test('given to two at once goes to one of them', async () => {
    for (const content of ['a', 'b', 'c']) await registerVersion(ledger, version(content));
    await moveAlias(ledger, move(1));
    const results = await Promise.allSettled([
      moveAlias(ledger, move(2, { expect: 1 })),
      moveAlias(ledger, move(3, { expect: 1 })),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const lost = results.find(({ status }) => status === 'rejected');
    expect(lost).toMatchObject({ reason: { type: 'AliasMoved' } });
  });

  test('of one line says nothing of another', async () => {
    await registerVersion(ledger, version('a'), promotion(null));
    await registerVersion(ledger, version('a', { name: 'other' }));
    expect(await championOf('other')).toBeUndefined();
  });
});

test('every move is in the audit trail, newest first, so that it can be taken back', async () => {
  await registerVersion(ledger, version('a'), promotion(null));
  await registerVersion(ledger, version('b'), promotion(1));
  await moveAlias(ledger, move(1, { expect: 2 }));
  const trail = await listAudit(ledger, 'triage');
  expect(
    trail.map((row) => [row.action, row.alias, row.from_version, row.to_version, row.actor, row.why, row.run_id]),
  ).toEqual([
    ['rollback', 'champion', 2, 1, 'someone', 'complaints', null],
    ['promote', 'champion', 1, 2, 'anneal', 'better', 'run of b'],
    ['version', null, null, 2, 'anneal', 'verdict promote', 'run of b'],
    ['promote', 'champion', null, 1, 'anneal', 'better', 'run of a'],
    ['version', null, null, 1, 'anneal', 'verdict promote', 'run of a'],
  ]);
  // Where to roll back to: the version the alias came from.
  const last = trail.find((row) => row.alias === 'champion' && row.action === 'rollback');
  await moveAlias(ledger, move(last?.from_version as number, { expect: 1, why: 'mended' }));
  expect(await championOf()).toBe(2);
  expect(await listAudit(ledger, 'triage')).toHaveLength(6);
});

test('a model is known by all its names', async () => {
  await registerVersion(ledger, version('a'), promotion(null));
  await registerVersion(ledger, version('b'), promotion(1));
  await moveAlias(ledger, move(2, { alias: 'canary' }));
  await registerVersion(ledger, version('b', { name: 'other' }));
  expect(await namesOf(ledger, digestOf('b'))).toEqual(['other@v1', 'triage@v2', 'triage@canary', 'triage@champion']);
  expect(await namesOf(ledger, digestOf('a'))).toEqual(['triage@v1']);
  expect(await namesOf(ledger, digestOf('nothing'))).toEqual([]);
});

test('lines of models are listed with the aliases of each version', async () => {
  await registerVersion(ledger, version('a'), promotion(null));
  await registerVersion(ledger, version('b', { verdict: 'inconclusive' }));
  const [line] = await listModels(ledger, 'triage');
  expect(line?.versions).toMatchObject([
    { version: 1, aliases: ['champion'], verdict: 'promote', runId: 'run of a' },
    { version: 2, aliases: [], verdict: 'inconclusive', runId: 'run of b' },
  ]);
  expect(await listModels(ledger, 'nobody')).toEqual([]);
});
