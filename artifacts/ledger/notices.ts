import type { Notice } from '../../configs/notice.ts';
import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { NoticeRow } from './schema.ts';

/** Keeps a notice for the next command to show; the same key again changes nothing. */
export async function enterNotice(ledger: Ledger, notice: Notice, key: string): Promise<void> {
  const { at, kind, run, line, message } = notice;
  await ledger
    .insertInto('notices')
    .values({ key, at, kind, run_id: run, line, message, shown: 0 })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

/** Notices that no command has shown yet, oldest first; whoever takes them shows them. */
export async function takeNotices(
  ledger: Ledger,
): Promise<Pick<NoticeRow, 'at' | 'kind' | 'run_id' | 'line' | 'message'>[]> {
  const isAny = await ledger.selectFrom('notices').select('id').where('shown', '=', 0).limit(1).executeTakeFirst();
  if (!isAny) return [];
  const taken = await ledger
    .updateTable('notices')
    .set({ shown: 1 })
    .where('shown', '=', 0)
    .returning(['id', 'at', 'kind', 'run_id', 'line', 'message'])
    .execute();
  return taken.toSorted((a, b) => a.id - b.id).map(({ id: _id, ...notice }) => notice);
}

/** Whether a notice has arrived at a target. */
export async function wasDelivered(ledger: Ledger, key: string): Promise<boolean> {
  return (await ledger.selectFrom('deliveries').select('key').where('key', '=', key).executeTakeFirst()) !== undefined;
}

/** Notes that a notice arrived; noting it again changes nothing. */
export async function noteDelivery(
  ledger: Ledger,
  delivery: { key: string; run: string; target: string },
): Promise<void> {
  const { key, run, target } = delivery;
  await ledger
    .insertInto('deliveries')
    .values({ key, run_id: run, target, at: now() })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}
