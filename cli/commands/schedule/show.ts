import { showSchedule } from '../../../worker/schedules/look.ts';
import { printJson } from '../../output.ts';
import { printSchedule } from '../../schedule-words.ts';
import { withSchedule } from '../../schedules.ts';

/** Shows one schedule in full. */
export async function show(flags: { json: boolean }, name: string): Promise<void> {
  await withSchedule(name, async (shelf, schedule) => {
    const document = await showSchedule(shelf, schedule);
    if (flags.json) printJson(document);
    else printSchedule(document);
  });
}
