import { proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/index.ts';
import type { Notice } from '../configs/notice.ts';
import type { NotifyTarget } from '../configs/notify.ts';
import { BOOKKEEPING, NOTICE } from '../configs/presets.ts';
import { errorOf } from './story.ts';

const { sendNotice } = proxyActivities<ControlActivities>(NOTICE);
const { noteUndelivered } = proxyActivities<ControlActivities>(BOOKKEEPING);

export interface Delivery {
  /** The same for every attempt; receivers know by it what they have had already. */
  key: string;
  notice: Notice;
  /** With their numbers in the recipe, from 0. */
  targets: { target: NotifyTarget; index: number }[];
}

/** Delivers a notice to each target by itself, again and again for some hours; what did not arrive is noted in the run. */
export async function deliverNotice({ key, notice, targets }: Delivery): Promise<void> {
  await Promise.all(
    targets.map(async ({ target, index }) => {
      try {
        const summary = `${notice.kind} to ${target.to}`;
        await sendNotice.executeWithOptions({ summary }, [{ key: `${key}.${index}`, notice, target }]);
      } catch (error) {
        await noteUndelivered({ run: notice.run, kind: notice.kind, to: target.to, why: errorOf(error).message });
      }
    }),
  );
}
