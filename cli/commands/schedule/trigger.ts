import { takeAction } from '../../../worker/schedules/trigger.ts';
import { print, printJson } from '../../output.ts';
import { withSchedule } from '../../schedules.ts';
import { actor } from '../../state.ts';

/** Takes one action of a schedule now, paused or not. */
export async function trigger(flags: { json: boolean }, name: string): Promise<void> {
  await withSchedule(name, async (shelf, schedule) => {
    const runId = await takeAction(shelf, { schedule, actor: actor() });
    if (flags.json) return printJson({ schedule: name, runId });
    print(`run ${runId}: \`anneal show ${runId}\` shows it`);
  });
}
