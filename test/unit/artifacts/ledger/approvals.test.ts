import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  approvalsOfRun,
  endApproval,
  enterApproval,
  enterDecision,
  findApproval,
  listApprovals,
} from '../../../../artifacts/ledger/approvals.ts';
import { listAudit } from '../../../../artifacts/ledger/audit.ts';
import { openLedger, type Ledger } from '../../../../artifacts/ledger/open.ts';
import { closeRun, openRun } from '../../../../artifacts/ledger/runs.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';
import { RunOptions } from '../../../../configs/refs.ts';

let folder: string;
let ledger: Ledger;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anneal-approvals-'));
  ledger = await openLedger(join(folder, 'ledger.db'));
});
afterEach(async () => {
  await ledger.destroy();
  rmSync(folder, { recursive: true, force: true });
});

const asked = (run: string, expires = '2026-12-02T10:00:00.000Z') => ({
  id: `${run}/approval`,
  run_id: run,
  line: 'support',
  model: 'support',
  evidence: `sha256:${'1'.repeat(64)}`,
  evidence_json: '{}',
  verdict: 'inconclusive',
  role: null,
  quorum: 2,
  requested_by: 'tester',
  requested_at: '2026-11-25T10:00:00.000Z',
  expires_at: expires,
});
const said = (run: string, actor: string, decision: 'approve' | 'reject' = 'approve') => ({
  approval: `${run}/approval`,
  actor,
  decision,
  role: null,
  note: null,
  evidence: `sha256:${'1'.repeat(64)}`,
});

async function begin(run: string): Promise<void> {
  const recipe = RecipeSchema.parse({
    name: 'support',
    data: { train: { uri: 'a' }, test: { uri: 'b' }, template: { prompt: '{{q}}', completion: '{{a}}' } },
    model: { base: 'org/name' },
  });
  await openRun(ledger, { id: run, recipe, options: RunOptions.parse({}), workflowId: run, startedBy: 'tester' });
}

describe('approvals in the ledger', () => {
  test('are entered, decided and ended once, each with one audit row, however often they are written', async () => {
    for (let times = 0; times < 2; times += 1) await enterApproval(ledger, asked('r1'));
    expect(await enterDecision(ledger, said('r1', 'ann'))).toBe(true);
    expect(await enterDecision(ledger, said('r1', 'ann', 'reject'))).toBe(false);
    await enterDecision(ledger, said('r1', 'bob'));
    const end = { id: 'r1/approval', status: 'approved', why: 'approved by ann, bob', actor: 'ann, bob' } as const;
    await endApproval(ledger, end);
    await endApproval(ledger, { ...end, status: 'expired', why: 'later' });
    expect(await findApproval(ledger, 'r1/approval')).toMatchObject({
      status: 'approved',
      why: 'approved by ann, bob',
      decisions: [
        { actor: 'ann', decision: 'approve' },
        { actor: 'bob', decision: 'approve' },
      ],
    });
    expect((await listAudit(ledger, 'support')).map(({ action, actor }) => `${action} ${actor}`)).toEqual([
      'approved ann, bob',
      'approve bob',
      'approve ann',
      'ask-approval tester',
    ]);
  });

  test('that wait are listed with the first to expire in front, and not those of runs that have ended', async () => {
    for (const [run, expires] of [
      ['late', '2026-12-09T10:00:00.000Z'],
      ['soon', '2026-11-26T10:00:00.000Z'],
      ['gone', '2026-11-26T09:00:00.000Z'],
    ] as const) {
      await begin(run);
      await enterApproval(ledger, asked(run, expires));
    }
    await closeRun(ledger, { id: 'gone', status: 'failed' });
    expect((await listApprovals(ledger, { all: false })).map(({ run_id }) => run_id)).toEqual(['soon', 'late']);
    expect(await listApprovals(ledger, { all: true })).toHaveLength(3);
    expect(await approvalsOfRun(ledger, 'gone')).toHaveLength(1);
  });
});
