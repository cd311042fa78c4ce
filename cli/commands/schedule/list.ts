import { listSchedules } from '../../../artifacts/ledger/schedules.ts';
import { listAll } from '../../../worker/schedules/look.ts';
import { print, printJson } from '../../output.ts';
import { printSchedules } from '../../schedule-words.ts';
import { withSchedules } from '../../schedules.ts';
import { readState } from '../../state.ts';

/** Lists the schedules; where there is none, nothing is started. */
export async function list(flags: { json: boolean }): Promise<void> {
  const isAny = await readState(
    async ({ ledger }) => (await listSchedules(ledger)).length > 0,
    () => false,
  );
  const schedules = isAny ? await withSchedules(listAll) : [];
  if (flags.json) return printJson(schedules);
  if (schedules.length === 0) return print('no schedules yet: make one with `anneal schedule create RECIPE --cron …`');
  printSchedules(schedules);
}
