import { Context } from '@temporalio/activity';
import type { Deps } from '../step/deps.ts';
import { settleSchedule } from './settle.ts';

/** What a run finds out about the schedule that set it going. */
export interface ScheduleRecord {
  /**
   * Tells actions of a schedule that were missed or not taken in a pause, each lot as one skipped run.
   * @returns what it told, in sentences; none when nothing is new, or the schedule is gone.
   */
  noteMissed(about: { schedule: string }): Promise<{ told: string[] }>;
}

export function createScheduleRecord({ ledger }: Deps): ScheduleRecord {
  return {
    noteMissed: async ({ schedule }) => {
      const { client } = Context.current();
      try {
        return { told: (await settleSchedule(client.schedule, ledger, schedule))?.news ?? [] };
      } catch (error) {
        // Deleted while its last action runs.
        if (error instanceof Error && error.name === 'ScheduleNotFoundError') return { told: [] };
        throw error;
      }
    },
  };
}
