import { ApplicationFailure } from '@temporalio/activity';
import { noteDelivery, wasDelivered } from '../artifacts/ledger/notices.ts';
import { recordEvent } from '../artifacts/ledger/runs.ts';
import { TerminalError } from '../configs/failure.ts';
import type { Notice } from '../configs/notice.ts';
import type { NotifyTarget } from '../configs/notify.ts';
import type { Deps } from './step/deps.ts';

/** Telling people and programs. */
export interface Notify {
  /** Delivers a notice to one target; what was delivered is not delivered again. */
  sendNotice(order: { key: string; notice: Notice; target: NotifyTarget }): Promise<void>;
  /** Writes into the run's log that a notice did not arrive. */
  noteUndelivered(failed: { run: string; kind: string; to: string; why: string }): Promise<void>;
}

export function createNotify({ ledger, notifiers }: Deps): Notify {
  return {
    sendNotice: async ({ key, notice, target }) => {
      if (await wasDelivered(ledger, key)) return;
      const notifier = notifiers?.[target.to]?.(target);
      if (!notifier) throw refused('NoNotifier', `this worker cannot notify by ${target.to}`);
      try {
        await notifier.send(notice, key);
      } catch (error) {
        throw error instanceof TerminalError ? refused(error.type, error.message) : error;
      }
      await noteDelivery(ledger, { key, run: notice.run, target: target.to });
    },
    noteUndelivered: ({ run, kind, to, why }) =>
      recordEvent(ledger, {
        runId: run,
        instance: 'notices',
        kind: 'notice',
        message: `the notice "${kind}" did not reach the ${to}: ${why}`,
      }),
  };
}

const refused = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true });
