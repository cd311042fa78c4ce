import type { Ledger } from './open.ts';
import { now } from './runs.ts';
import type { CalibrationRow, RetiredJudgeRow } from './schema.ts';

/** Whether a judge may decide, and if not, why. */
export type JudgeState = 'valid' | 'expired' | 'failed' | 'none' | 'retired';

/** Enters a calibration; the same one again changes nothing. */
export async function enterCalibration(ledger: Ledger, row: CalibrationRow): Promise<void> {
  await ledger
    .insertInto('calibrations')
    .values(row)
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
}

/** Calibrations of a judge, newest first. */
export async function listCalibrations(ledger: Ledger, judge: string): Promise<CalibrationRow[]> {
  return ledger
    .selectFrom('calibrations')
    .selectAll()
    .where('judge', '=', judge)
    .orderBy('made_at', 'desc')
    .orderBy('digest')
    .execute();
}

/** The newest calibration decides: one that failed ends the one before. */
export async function stateOfJudge(ledger: Ledger, judge: string, at: string = now()): Promise<JudgeState> {
  if (await findRetired(ledger, judge)) return 'retired';
  const [newest] = await listCalibrations(ledger, judge);
  if (!newest) return 'none';
  if (newest.passed === 0) return 'failed';
  return newest.expires_at <= at ? 'expired' : 'valid';
}

export async function findRetired(ledger: Ledger, judge: string): Promise<RetiredJudgeRow | undefined> {
  return ledger.selectFrom('retired_judges').selectAll().where('judge', '=', judge).executeTakeFirst();
}

/** Retires a judge for good; retiring it again keeps the first reason. Gives whether it was new. */
export async function retireJudge(ledger: Ledger, row: Omit<RetiredJudgeRow, 'at'>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await ledger
    .insertInto('retired_judges')
    .values({ ...row, at: now() })
    .onConflict((conflict) => conflict.column('judge').doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}
