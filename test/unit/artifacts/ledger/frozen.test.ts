import { beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { listAudit } from '../../../../artifacts/ledger/audit.ts';
import { freeze, frozenOf, listFrozen, unfreeze } from '../../../../artifacts/ledger/frozen.ts';
import { moveAlias, registerVersion, versionAt } from '../../../../artifacts/ledger/models.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { rollbackAlias } from '../../../../artifacts/ledger/rollback.ts';
import { failureOf } from '../../support/failures.ts';
import { newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
  await register('a', null);
  await register('b', 1);
});

const register = (content: string, expect: number | null, name = 'triage') =>
  registerVersion(
    ledger,
    {
      name,
      digest: digestOf(content),
      runId: `run of ${content}`,
      executionId: `run of ${content}/register`,
      verdict: 'promote',
      card: digestOf('card'),
      actor: 'anneal',
    },
    { alias: 'champion', expect, why: 'better' },
  );
const frozen = { name: 'triage', reason: 'release week', actor: 'ana' };
const championOf = async () => (await versionAt(ledger, 'triage', 'champion'))?.version;

test('while a line is frozen no alias of it moves, by hand or back, and it is said who, when and why', async () => {
  const { frozen: row } = await freeze(ledger, frozen);
  const promotion = moveAlias(ledger, {
    name: 'triage',
    alias: 'canary',
    to: 1,
    actor: 'ben',
    action: 'promote',
    why: 'x',
  });
  const { type, message } = await failureOf(promotion);
  const said = message.replace(row.at.slice(0, 16).replace('T', ' '), 'DATE');
  expect(`${type}: ${said}`).toMatchInlineSnapshot(
    `"Frozen: triage was frozen by ana on DATE UTC (release week), so no alias of it moves: \`anneal unfreeze triage\` lets it"`,
  );
  const back = rollbackAlias(ledger, async () => 'ok', { name: 'triage', alias: 'champion', actor: 'ben', why: 'x' });
  expect(await failureOf(back)).toMatchObject({ type: 'Frozen' });
  expect(await championOf()).toBe(2);
});

test('what a run tuned is registered in a frozen line, and not promoted', async () => {
  await freeze(ledger, frozen);
  expect(await register('c', 2)).toMatchObject({
    version: { version: 3 },
    isNew: true,
    moved: false,
    frozen: { reason: 'release week' },
  });
  expect(await championOf()).toBe(2);
  // A registration that is done again after it has promoted is no promotion that was held back.
  expect(await register('b', 1)).toEqual(expect.not.objectContaining({ frozen: expect.anything() }));
});

test('other lines go on, and so does this one when it is unfrozen', async () => {
  await freeze(ledger, frozen);
  expect(await register('a', null, 'other')).toMatchObject({ moved: true });
  expect(await unfreeze(ledger, { name: 'triage', why: 'released', actor: 'ben' })).toMatchObject(frozen);
  expect(await register('c', 2)).toMatchObject({ moved: true });
  expect(await frozenOf(ledger, 'triage')).toBeUndefined();
});

test('frozen twice it keeps the first reason, unfrozen twice it says so, and the audit has each once', async () => {
  expect(await freeze(ledger, frozen)).toMatchObject({ isNew: true });
  const again = await freeze(ledger, { ...frozen, reason: 'other', actor: 'ben' });
  expect(again).toMatchObject({ isNew: false, frozen });
  expect(await listFrozen(ledger)).toMatchObject([frozen]);
  await unfreeze(ledger, { name: 'triage', why: 'released', actor: 'ben' });
  expect(await unfreeze(ledger, { name: 'triage', why: 'released', actor: 'ben' })).toBeUndefined();
  const rows = (await listAudit(ledger, 'triage')).filter(({ action }) => action.endsWith('freeze'));
  expect(rows).toMatchObject([
    { action: 'unfreeze', actor: 'ben', why: 'released' },
    { action: 'freeze', actor: 'ana', why: 'release week', to_version: null },
  ]);
});
