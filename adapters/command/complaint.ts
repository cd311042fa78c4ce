import { terminal } from '../../configs/failure.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { endingOf } from './exit-codes.ts';
import type { Said } from './short.ts';

/** What went wrong with a command, in words. @param wrong What is wrong with its answer. */
export const complain = ({ code, complaint }: Said, wrong?: string): string => {
  const what =
    code === 'timeout'
      ? 'it took longer than tune.command.timeoutSeconds'
      : code === 'flood'
        ? 'it printed more than 4 MiB'
        : code === 0
          ? (wrong ?? 'nothing')
          : `it ended with ${code}`;
  return complaint === '' ? what : `${what} (it said: ${complaint})`;
};

/** The error of a collection: final where the exit code says so. */
export function notCollected(name: string, said: Said): Error {
  const ending = typeof said.code === 'number' ? endingOf(said.code) : undefined;
  const message = `tune.command.collect did not bring what the job ${name} made: ${complain(said)}`;
  return ending?.is === 'final' ? terminal(ending.type, message) : new RemoteFailure('away', message);
}
