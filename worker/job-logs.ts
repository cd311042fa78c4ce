import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readLog } from '../adapters/local/job-output.ts';
import type { Home } from './home.ts';

export interface JobLog {
  /** Step whose job it is, e.g. `tune` or `evaluate.candidate`. */
  step: string;
  path: string;
  /** Its last lines. */
  tail: string[];
}

/** The end of what the programs of a run's steps printed. */
export async function jobLogs(home: Home, runId: string, step?: string): Promise<JobLog[]> {
  const names = (await readdir(home.jobs).catch(() => [])).filter((name) => name.startsWith(`${runId}.`)).toSorted();
  const logs = await Promise.all(
    names.map(async (name) => {
      const of = name.slice(runId.length + 1);
      const tail = (await readLog(join(home.jobs, name))).split('\n').filter((line) => line !== '');
      return { step: of, path: join(home.jobs, name, 'log.txt'), tail };
    }),
  );
  return logs.filter((log) => log.tail.length > 0 && (step === undefined || /^[a-z]+/.exec(log.step)?.[0] === step));
}
