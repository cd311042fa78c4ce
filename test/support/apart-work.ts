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
