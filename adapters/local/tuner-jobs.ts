import { hostname } from 'node:os';
import type { Tuner } from '../contracts.ts';
import { cancelJob, clearJob, pauseJob, pollJob, type JobProgram } from './job.ts';
import { readLog } from './job-output.ts';

/** What all tuners of this machine do alike with a job in its folder. The program is looked up when a job is. */
export function tunerJobs(
  folderOf: (key: string) => string,
  program: () => JobProgram,
): Required<Pick<Tuner, 'poll' | 'cancel' | 'release' | 'log' | 'slots' | 'pause' | 'isHere'>> {
  return {
    poll: (key) => pollJob(folderOf(key), program()),
    cancel: (key) => cancelJob(folderOf(key)),
    release: (key) => clearJob(folderOf(key), 'checkpoints'),
    log: (key) => readLog(folderOf(key)),
    // One training takes all of a machine, whoever trains: all of them take turns at one slot.
    slots: async () => ({ resource: `trainer:mlx@${hostname()}`, slots: 1 }),
    pause: (key) => pauseJob(folderOf(key)),
    isHere: true,
  };
}
