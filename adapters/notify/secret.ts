import { env } from 'node:process';
import { terminal } from '../../configs/failure.ts';

/** What an environment variable of the worker holds. @throws TerminalError `NoSecret` */
export function secretIn(variable: string, what: string): string {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  throw terminal(
    'NoSecret',
    `the environment variable ${variable}, which holds a secret of ${what}, is not set where the worker runs: set it, then start the worker again`,
  );
}
