import { existsSync, writeFileSync } from 'node:fs';
import { terminal } from '../../configs/failure.ts';

/** What tests of apart() call in a process of its own. */
export const double = (numbers: readonly number[]): { pid: number; doubled: number[] } => ({
  pid: process.pid,
  doubled: numbers.map((n) => 2 * n),
});

export const refuse = async (why: string): Promise<never> => {
  throw terminal('Refused', why);
};

export const vanish = (): void => process.kill(process.pid, 'SIGKILL') as unknown as void;

/** Ends the process, as one does of which nobody has asked anything for long; but only once. */
export function leaveOnce(flag: string): number {
  if (!existsSync(flag)) {
    writeFileSync(flag, '');
    process.exit(0);
  }
  return process.pid;
}
