import { plain } from '../../../configs/plain.ts';
import { pauseSchedule, resumeSchedule } from '../../../worker/schedules/change.ts';
import { print, printJson } from '../../output.ts';
import { withSchedule } from '../../schedules.ts';
import { actor } from '../../state.ts';

/** Pauses a schedule; a watch of its source rests, too. */
export async function pause(flags: { reason: string; json: boolean }, name: string): Promise<void> {
  await withSchedule(name, async (shelf) => {
    const { settled, isNew } = await pauseSchedule(shelf, { name, actor: actor(), why: flags.reason });
    const { paused } = settled.schedule.told;
    if (flags.json) return printJson({ schedule: name, isNew, paused });
    print(
      isNew
        ? `${name} is paused: runs under way go on, and none is started until \`anneal schedule resume ${name}\``
        : `${name} was paused before, by ${plain(paused?.by ?? '')}: ${plain(paused?.why ?? '')}`,
    );
  });
}

/** Lets a schedule go on, and records what was not done meanwhile. */
export async function resume(flags: { json: boolean }, name: string): Promise<void> {
  await withSchedule(name, async (shelf) => {
    const { isNew, reason } = await resumeSchedule(shelf, { name, actor: actor() });
    if (flags.json) return printJson({ schedule: name, isNew, reason });
    if (!isNew) return print(`${name} is not paused`);
    print(`${name} goes on${reason === null ? '; nothing was due meanwhile' : ` (${plain(reason)})`}`);
  });
}
