import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../../artifacts/canonical.ts';
import { audit, listAudit } from '../../../../artifacts/ledger/audit.ts';
import { moveAlias, registerVersion, versionAt } from '../../../../artifacts/ledger/models.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { refuseDamaged, reopenedBecause, rollbackAlias } from '../../../../artifacts/ledger/rollback.ts';
import type { Condition } from '../../../../artifacts/store.ts';
import { failureOf } from '../../support/failures.ts';
import { newLedger } from '../../support/ledger.ts';

let ledger: Ledger;
const conditions = new Map<string, Condition>();
const look = async (digest: string): Promise<Condition> => conditions.get(digest) ?? 'ok';

beforeEach(async () => {
  conditions.clear();
  ledger = await newLedger();
  let champion: number | null = null;
  for (const content of ['1', '2', '3', '4']) {
    const version = {
      name: 'triage',
      digest: digestOf(content),
      runId: `run ${content}`,
      executionId: `run ${content}/register`,
      verdict: 'promote',
      card: digestOf('card'),
      actor: 'anneal',
    };
    await registerVersion(ledger, version, { alias: 'champion', expect: champion, why: 'better' });
    champion = Number(content);
  }
});

const back = (to?: number) =>
  rollbackAlias(ledger, look, {
    name: 'triage',
    alias: 'champion',
    actor: 'ana',
    why: 'complaints',
    ...(to === undefined ? {} : { to }),
  });
const promote = (to: number) =>
  moveAlias(ledger, { name: 'triage', alias: 'champion', to, actor: 'ben', action: 'promote', why: 'by hand' });
const note = (action: 'reopened' | 'upheld', version: number) =>
  audit(ledger, { actor: 'ana', action, name: 'triage', to: version, why: 'the judge is gone', runId: 'again' });
const championOf = async () => (await versionAt(ledger, 'triage', 'champion'))?.version;
const today = new Date().toISOString().slice(0, 10);

describe('a rollback', () => {
  test('goes to the champion before, and again and again leads back step by step', async () => {
    expect(await back()).toEqual({ from: 4, to: 3, moved: true, skipped: [] });
    expect(await back()).toMatchObject({ from: 3, to: 2, skipped: [{ version: 4 }] });
    expect(await back()).toMatchObject({ from: 2, to: 1, skipped: [{ version: 3 }, { version: 4 }] });
    expect(await championOf()).toBe(1);
    const { type, message } = await failureOf(back());
    expect(`${type}: ${message.replaceAll(today, 'TODAY')}`).toMatchInlineSnapshot(
      `"NothingBefore: triage@champion is v1, and none of the earlier ones is clean (v2: it was rolled back from on TODAY by ana: complaints; v3: it was rolled back from on TODAY by ana: complaints; v4: it was rolled back from on TODAY by ana: complaints): point it at a version with \`anneal rollback triage --to vN\` or \`anneal promote triage@vN\`"`,
    );
  });

  test('passes over what was re-opened and what is damaged, and says why', async () => {
    await note('reopened', 3);
    conditions.set(digestOf('2'), 'corrupt');
    expect(await back()).toEqual({
      from: 4,
      to: 1,
      moved: true,
      skipped: [
        { version: 3, why: `its promotion was re-opened on ${today}: the judge is gone` },
        { version: 2, why: 'its model is damaged' },
      ],
    });
    expect((await listAudit(ledger, 'triage'))[0]).toMatchObject({
      action: 'rollback',
      from_version: 4,
      to_version: 1,
      actor: 'ana',
      why: 'complaints',
    });
  });

  test('does not pass over a version that was upheld, or given the alias again since', async () => {
    await note('upheld', 3);
    expect(await back()).toMatchObject({ to: 3, skipped: [] });
    await promote(4);
    await note('reopened', 3);
    await promote(3);
    await promote(4);
    expect(await back()).toMatchObject({ from: 4, to: 3, skipped: [] });
  });

  test('goes to any version that is named, and never to one that is damaged or not there', async () => {
    await note('reopened', 2);
    expect(await back(2)).toEqual({ from: 4, to: 2, moved: true, skipped: [] });
    expect(await back(2)).toMatchObject({ from: 2, to: 2, moved: false });
    conditions.set(digestOf('1'), 'missing');
    expect(await failureOf(back(1))).toMatchObject({ type: 'DamagedModel' });
    expect(await failureOf(back(9))).toMatchObject({ type: 'NoSuchVersion' });
    expect(await championOf()).toBe(2);
  });

  test('says that there is nothing to roll back', async () => {
    const missing = rollbackAlias(ledger, look, { name: 'triage', alias: 'canary', actor: 'ana', why: 'x' });
    expect(await failureOf(missing)).toMatchObject({ type: 'NoSuchAlias' });
    await moveAlias(ledger, { name: 'triage', alias: 'canary', to: 2, actor: 'a', action: 'promote', why: 'x' });
    const first = rollbackAlias(ledger, look, { name: 'triage', alias: 'canary', actor: 'ana', why: 'x' });
    expect((await failureOf(first)).message).toMatchInlineSnapshot(
      `"triage@canary is v2, and there was none before: point it at a version with \`anneal rollback triage --to vN\` or \`anneal promote triage@vN\`"`,
    );
  });
});

test('a model that is not whole is refused with what is wrong and what to do', async () => {
  const named = { name: 'triage', version: 2, digest: `sha256:${'a'.repeat(64)}` };
  conditions.set(named.digest, 'missing');
  const { type, message } = await failureOf(refuseDamaged(look, named));
  expect(`${type}: ${message}`).toMatchInlineSnapshot(
    `"DamagedModel: no alias is pointed at triage@v2: its model sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa is missing from the store; take another version, or run its recipe again, which makes what is damaged anew"`,
  );
});

test('a re-opening stands until the version is promoted again', async () => {
  expect(await reopenedBecause(ledger, 'triage', 3)).toBeUndefined();
  await note('reopened', 3);
  expect(await reopenedBecause(ledger, 'triage', 3)).toContain('the judge is gone');
  await promote(3);
  expect(await reopenedBecause(ledger, 'triage', 3)).toBeUndefined();
});
