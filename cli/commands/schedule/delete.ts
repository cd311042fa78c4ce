import { deleteSchedule } from '../../../worker/schedules/change.ts';
import { stopWatch } from '../../../worker/schedules/watches.ts';
import { print, printJson } from '../../output.ts';
import { withSchedule } from '../../schedules.ts';
import { actor } from '../../state.ts';

/** Takes a schedule out, and its watch; its runs stay in the ledger. */
export async function remove(flags: { json: boolean }, name: string): Promise<void> {
  await withSchedule(name, async (shelf, schedule) => {
    const watch = await stopWatch(shelf.client, name);
    await deleteSchedule(shelf, { schedule, actor: actor() });
    if (flags.json) return printJson({ schedule: name, deleted: true, unwatched: watch });
    print(`${name} is deleted${watch ? ', and its source is no longer watched' : ''}; its runs stay, and go on`);
  });
}
