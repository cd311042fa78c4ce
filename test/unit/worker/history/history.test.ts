import { expect, test } from 'vitest';
import { readHistory } from '../../../../artifacts/ledger/history.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { kindOfSkip } from '../../../../configs/skip-kinds.ts';
import { eventsOf } from '../../../../worker/history/events.ts';
import { folded, linesOf, summaryOf } from '../../../../worker/history/lines.ts';
import { at, lifeIn } from '../../support/life.ts';
import { newLedger } from '../../support/ledger.ts';
import { processorTime } from '../../../support/stopwatch.ts';

const eventsIn = async (ledger: Ledger) => eventsOf(await readHistory(ledger, 'triage'));
const linesIn = async (ledger: Ledger): Promise<string[]> =>
  linesOf(await eventsIn(ledger)).map((line) => `${line.at.slice(8, 16)} ${line.kind}: ${line.text}`);

const gate = {
  reason: 'It is better. This test set…',
  metric: 'exactMatch',
  gain: 0.05,
  lower: 0.01,
  upper: 0.09,
  n: 80,
};

test('a life is told in lines, oldest first, with numbers, reasons and who', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await life.audit(1, { action: 'schedule create', actor: 'ana', why: 'weekly: every 7d' });
  await life.period(1, 2, 'promote', { version: 1, gate });
  for (const day of [3, 4]) await life.skip(`skip-${day}`, day, `too few new rows: ${day} of 50`);
  await life.skip('skip-5', 5, 'another run of the line is at work: run-9');
  await life.period(2, 6, 'promote', { version: 2, from: 1, depth: 1, gate: { ...gate, gain: -0.0004, upper: null } });
  const why = 'Forgetting: worse on p1. More of it.';
  await life.period(3, 7, 'reject', { version: 3, depth: 2, gate: { ...gate, reason: why } });
  await life.period(4, 8, 'inconclusive', { version: 4, depth: 2, gate: { ...gate, reason: 'Not proved. More.' } });
  await life.audit(9, { action: 'freeze', actor: 'ana', why: 'release week' });
  await life.audit(10, { action: 'unfreeze', actor: 'ana', why: 'released' });
  await life.period(5, 11, 'promote', { version: 5, from: 2, depth: 0, gate });
  await life.audit(12, { action: 'reopened', to_version: 5, actor: 'ana', run_id: 'again', why: 'it does not hold' });
  await life.run('again', 12, { verdict: 'reject' });
  const back = { alias: 'champion', from_version: 5, to_version: 2, actor: 'ana', why: 'complaints' };
  await life.audit(13, { action: 'rollback', ...back });
  await life.audit(14, { ...back, action: 'promote', from_version: 2, to_version: 5 });
  const error_json = JSON.stringify({ type: 'Bad', message: 'no rows' });
  await life.run('failed', 15, { status: 'failed', error_json });
  await life.run('of another', 15, { model: 'other' });
  await life.run('under way', 16, { status: 'running', ended_at: null });
  expect(await linesIn(ledger)).toMatchInlineSnapshot(`
    [
      "01T00:20 schedule: create, by ana: weekly: every 7d",
      "02T00:20 promoted: v1 is champion in p1 (100 new rows): gain +0.0500 (+0.0100 to +0.0900) on exactMatch, 80 rows",
      "05T00:30 skipped: 3 runs skipped: 2 too few new rows, 1 overlap",
      "06T00:20 promoted: v2 is champion after v1 in p2 (100 new rows): gain −0.0004 (at least +0.0100) on exactMatch, 80 rows",
      "07T00:30 rejected: v3 in p3 (100 new rows): Forgetting: worse on p1.",
      "08T00:30 inconclusive: v4 in p4 (100 new rows): Not proved.",
      "09T00:20 frozen: by ana: release week",
      "10T00:20 unfrozen: by ana: released",
      "11T00:20 promoted: v5 is champion after v2 in p5 (100 new rows): gain +0.0500 (+0.0100 to +0.0900) on exactMatch, 80 rows",
      "11T00:25 re-anchored: trained from the base model again, after 1 warm start in a row",
      "12T00:20 reopened: the promotion of v5 does not hold without a judge that is gone: it does not hold",
      "13T00:20 rolled back: champion went back from v5 to v2, by ana: complaints",
      "14T00:20 promoted: v5 is champion after v2, by ana: complaints",
      "15T00:30 failed: no rows",
    ]
  `);
  expect(summaryOf(await eventsIn(ledger))).toMatchInlineSnapshot(
    `"4 promoted, 1 rejected, 1 inconclusive, 3 skipped, 1 failed, 1 rolled back, 1 reopened"`,
  );
});

test('as events nothing is folded, and each has its numbers', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await life.period(1, 2, 'promote', { version: 1, gate });
  for (const day of [3, 4]) await life.skip(`skip-${day}`, day, 'too few new rows');
  const events = await eventsIn(ledger);
  expect(events.map(({ kind }) => kind)).toEqual(['version', 'promoted', 'skipped', 'skipped']);
  expect(events[1]).toEqual({
    at: at(2, 20),
    kind: 'promoted',
    run: 'run-1',
    version: 1,
    period: 'p1',
    actor: 'anneal',
    alias: 'champion',
    from: null,
    to: 1,
    reason: 'because',
    metric: 'exactMatch',
    gain: 0.05,
    lower: 0.01,
    upper: 0.09,
    n: 80,
    counts: { new: 100, edited: 0, late: 0, kept: 0, withdrawn: 0, total: 100 },
    depth: 0,
    text: 'v1 is champion in p1 (100 new rows): gain +0.0500 (+0.0100 to +0.0900) on exactMatch, 80 rows',
  });
  expect(events[2]).toMatchObject({ run: 'skip-3', reason: 'too few new rows', trigger: 'schedule:weekly' });
});

test('trials and what people were asked are told, a skip after a trial only once', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await life.skip('trial-1', 2, 'no harm found');
  const trial = { line: 'triage', digest: 'sha256:0', why: '+0.01 (−0.02 to +0.04) on 200 rows', at: at(2, 10) };
  await life.insert('trials', { run_id: 'trial-1', outcome: 'no harm found', ...trial });
  await life.run('asked', 3, { verdict: 'promote', model_ref: 'triage@v1', reason: 'not approved: too early' });
  const approval = {
    line: 'triage',
    model: 'triage',
    evidence: 'sha256:0',
    evidence_json: '{}',
    verdict: 'promote',
    quorum: 2,
    requested_by: 'anneal',
    expires_at: at(17),
  };
  const asked = { id: 'asked/1', run_id: 'asked', role: 'lead', requested_at: at(3, 1) };
  await life.insert('approvals', { ...approval, ...asked, status: 'rejected', decided_at: at(3, 3), why: 'too early' });
  const decision = { approval: 'asked/1', role: 'lead', evidence: 'sha256:0' };
  await life.insert('decisions', { ...decision, actor: 'ana', decision: 'approve', note: 'looks well', at: at(3, 2) });
  await life.insert('decisions', { ...decision, actor: 'ben', decision: 'reject', note: 'too early', at: at(3, 3) });
  await life.run('late', 4, { verdict: 'reject' });
  const late = { id: 'late/1', run_id: 'late', role: null, quorum: 1, requested_at: at(4, 1) };
  const end = { status: 'expired' as const, decided_at: at(4, 2), why: 'nobody answered' };
  await life.insert('approvals', { ...approval, ...late, ...end });
  expect(await linesIn(ledger)).toMatchInlineSnapshot(`
    [
      "02T00:10 trial: for drift, no harm found: +0.01 (−0.02 to +0.04) on 200 rows",
      "03T00:01 approval: waits for 2 people (lead) to approve a verdict of promote, until 2026-01-17",
      "03T00:02 approval: approved by ana: looks well",
      "03T00:03 approval: rejected by ben: too early",
      "03T00:30 not promoted: v1, though better: not approved: too early",
      "04T00:01 approval: waits for one person to approve a verdict of promote, until 2026-01-17",
      "04T00:02 approval: the approval expired: nobody answered",
      "04T00:30 rejected: the candidate",
    ]
  `);
});

test('what people promoted though the gate was not sure is told once', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await life.run('asked', 3, { verdict: 'inconclusive', model_ref: 'triage@v1' });
  await life.audit(3, { action: 'approve', actor: 'ana', run_id: 'asked' });
  await life.audit(3, { action: 'approved', actor: 'ana', run_id: 'asked' });
  await life.audit(3, { action: 'promote', alias: 'champion', to_version: 1, run_id: 'asked' });
  await life.audit(4, { action: 'budget', actor: 'ana', why: 'the budget of the run: usd from 1 to 2' });
  expect(await linesIn(ledger)).toEqual([
    '03T00:20 promoted: v1 is champion',
    '04T00:20 note: budget, by ana: the budget of the run: usd from 1 to 2',
  ]);
});

test('what was better and not promoted says why', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await life.run('held', 2, { verdict: 'promote', model_ref: 'triage@v1', period: 'p1' });
  await life.facts('held', 'register', { model: 'triage@v1', promoted: false, frozen: 'release week' });
  await life.run('same', 3, { reason: null });
  expect(await linesIn(ledger)).toMatchInlineSnapshot(`
    [
      "02T00:30 not promoted: v1 in p1, though better: the line was frozen: release week",
      "03T00:30 unchanged: nothing changed: the candidate is the champion",
    ]
  `);
});

test('skips are counted by the kind of their reason, whatever numbers are in it', () => {
  const kinds = [
    'too few new rows: 12 of 50',
    'fewer than 50 new rows',
    'no new rows since p3',
    'another run of the line is at work',
    'triage is frozen by ana since 2026 (no new rows): `anneal unfreeze triage`',
    'paused: holidays',
    'the budget of the month is gone',
    'no drift harm: no harm is proved',
    'drift: the last trial was at 2026, less than 1d ago',
    'overlap: run frozen-1 is at work',
    'three actions were missed while the server was down',
    'the moon is full (again)',
  ].map(kindOfSkip);
  expect(kinds).toEqual([
    'too few new rows',
    'too few new rows',
    'no new rows',
    'overlap',
    'frozen',
    'paused',
    'budget gone',
    'no drift harm',
    'trial not due',
    'overlap',
    'missed',
    'the moon is full',
  ]);
  const skip = (reason: string) => ({ at: '', kind: 'skipped' as const, text: reason, reason });
  const nobody = { run: null, version: null, period: null, actor: null };
  expect(
    folded(['too few new rows: 1', 'paused: x', 'too few new rows: 2'].map((why) => ({ ...skip(why), ...nobody }))),
  ).toBe('3 runs skipped: 2 too few new rows, 1 paused');
});

test('a life of ten years is read in well under a second', async () => {
  const ledger = await newLedger();
  const life = lifeIn(ledger);
  await ledger.transaction().execute(async (tx) => {
    const many = lifeIn(tx);
    for (let week = 1; week <= 520; week += 1)
      await many.period(week, week, week % 2 ? 'promote' : 'reject', { version: week, gate });
  });
  await life.skip('skip', 600, 'too few new rows');
  const spent = processorTime();
  const lines = linesOf(await eventsIn(ledger));
  expect(spent()).toBeLessThan(1000);
  expect(lines).toHaveLength(521);
});
