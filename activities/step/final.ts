import { ApplicationFailure } from '@temporalio/activity';
import { TerminalError } from '../../configs/failure.ts';

/** Activities beside steps: what trying again cannot mend ends them at once, as it ends steps. */
export function final<T extends object>(activities: T): T {
  return Object.fromEntries(Object.entries(activities).map(([name, work]) => [name, once(work as Work)])) as T;
}

type Work = (...args: unknown[]) => Promise<unknown>;

const once =
  (work: Work): Work =>
  async (...args) => {
    try {
      return await work(...args);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      const { type, message, details } = error;
      throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
    }
  };
