import type { Selectable } from 'kysely';
import { settle, type Ledger } from './open.ts';
import { now } from './runs.ts';
import type { AuditRow } from './schema.ts';

export type Audit = Selectable<AuditRow>;

/** The audit trail of a line, newest first. */
export async function listAudit(ledger: Ledger, name: string): Promise<Audit[]> {
  return ledger.selectFrom('audit').selectAll().where('name', '=', name).orderBy('id', 'desc').execute();
}

/** Writes one audit row; it is never changed. */
export async function audit(
  ledger: Ledger,
  row: {
    actor: string;
    action: string;
    name: string;
    alias?: string | null;
    from?: number | null;
    to: number | null;
    why: string;
    runId?: string | null;
  },
): Promise<void> {
  await ledger
    .insertInto('audit')
    .values({
      at: now(),
      actor: row.actor,
      action: row.action,
      name: row.name,
      alias: row.alias ?? null,
      from_version: row.from ?? null,
      to_version: row.to,
      why: row.why,
      run_id: row.runId ?? null,
    })
    .execute();
}

/** Writes an audit row of a run, unless that run has written one of this action on this version already. */
export async function auditOnce(ledger: Ledger, row: Parameters<typeof audit>[1] & { runId: string }): Promise<void> {
  await durably(ledger, async (tx) => {
    const found = await tx
      .selectFrom('audit')
      .select('id')
      .where('run_id', '=', row.runId)
      .where('action', '=', row.action)
      .where('name', '=', row.name)
      .where('to_version', '=', row.to)
      .executeTakeFirst();
    if (!found) await audit(tx, row);
  });
}

/** A transaction that is on the disk when it has ended: what people were told about versions and aliases stays so. */
export async function durably<T>(ledger: Ledger, work: (tx: Ledger) => Promise<T>): Promise<T> {
  const result = await ledger.transaction().execute(work);
  await settle(ledger);
  return result;
}
