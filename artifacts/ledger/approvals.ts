import { audit, durably } from './audit.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { ApprovalRow, DecisionRow } from './schema.ts';

/** An approval with what people have said so far, oldest first. */
export interface Approval extends ApprovalRow {
  decisions: DecisionRow[];
}

/** How an approval ended. */
export type ApprovalEnd = Exclude<ApprovalRow['status'], 'waiting'>;

/** Enters a request for approval with its audit row; one that is there already stays as it is. */
export async function enterApproval(
  ledger: Ledger,
  row: Omit<ApprovalRow, 'status' | 'decided_at' | 'why'>,
): Promise<void> {
  await durably(ledger, async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('approvals')
      .values({ ...row, status: 'waiting', decided_at: null, why: null })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) return;
    const people = row.quorum === 1 ? 'one person' : `${row.quorum} people`;
    await audit(tx, {
      actor: row.requested_by,
      action: 'ask-approval',
      name: row.model,
      to: null,
      why: `verdict ${row.verdict}: ${people}${row.role === null ? '' : ` (${row.role})`} to approve until ${row.expires_at}`,
      runId: row.run_id,
    });
  });
}

/** Writes what a person said, with its audit row; the same person's first answer stays. Gives whether it was new. */
export async function enterDecision(ledger: Ledger, row: Omit<DecisionRow, 'at'>): Promise<boolean> {
  return durably(ledger, async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('decisions')
      .values({ ...row, at: now() })
      .onConflict((conflict) => conflict.columns(['approval', 'actor']).doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) return false;
    const asked = await tx
      .selectFrom('approvals')
      .select(['model', 'run_id'])
      .where('id', '=', row.approval)
      .executeTakeFirstOrThrow();
    await audit(tx, {
      actor: row.actor,
      action: row.decision,
      name: asked.model,
      to: null,
      why: `${row.note ?? 'no note'}${row.role === null ? '' : ` (as ${row.role})`}; evidence ${row.evidence}`,
      runId: asked.run_id,
    });
    return true;
  });
}

/** Ends an approval, with its audit row; one that has ended stays as it ended. */
export async function endApproval(
  ledger: Ledger,
  { id, status, why, actor }: { id: string; status: ApprovalEnd; why: string; actor: string },
): Promise<void> {
  await durably(ledger, async (tx) => {
    const asked = await tx
      .updateTable('approvals')
      .set({ status, why, decided_at: now() })
      .where('id', '=', id)
      .where('status', '=', 'waiting')
      .returning(['model', 'run_id'])
      .executeTakeFirst();
    if (asked) await audit(tx, { actor, action: status, name: asked.model, to: null, why, runId: asked.run_id });
  });
}

/** An approval by its id. */
export async function findApproval(ledger: Ledger, id: string): Promise<Approval | undefined> {
  const row = await ledger.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();
  return row && (await withDecisions(ledger, [row]))[0];
}

/** Every approval that a run asked for, newest first. */
export async function approvalsOfRun(ledger: Ledger, runId: string): Promise<Approval[]> {
  const rows = await ledger
    .selectFrom('approvals')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('requested_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return withDecisions(ledger, rows);
}

/** Approvals that a run still waits for, the one that expires first in front; with `all` every one, newest first. */
export async function listApprovals(ledger: Ledger, { all }: { all: boolean }): Promise<Approval[]> {
  const query = ledger.selectFrom('approvals').selectAll('approvals');
  const rows = await (
    all
      ? query.orderBy('requested_at', 'desc').orderBy('id', 'desc')
      : query
          // A run that was ended from outside could not end its approval.
          .innerJoin('runs', 'runs.id', 'approvals.run_id')
          .where('runs.ended_at', 'is', null)
          .where('approvals.status', '=', 'waiting')
          .orderBy('expires_at')
          .orderBy('approvals.id')
  ).execute();
  return withDecisions(ledger, rows);
}

async function withDecisions(ledger: Ledger, rows: readonly ApprovalRow[]): Promise<Approval[]> {
  return Promise.all(
    rows.map(async (row) => ({
      ...row,
      decisions: await ledger
        .selectFrom('decisions')
        .selectAll()
        .where('approval', '=', row.id)
        .orderBy('at')
        .orderBy('actor')
        .execute(),
    })),
  );
}
