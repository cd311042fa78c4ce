import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the process is to call: an exported function of a module, with one argument of plain data. */
export interface Call {
  module: string;
  name: string;
  argument: unknown;
}

/** What it says before it ends. */
export interface Answer {
  result?: unknown;
  error?: unknown;
}

// oxlint-disable-next-line typescript/no-explicit-any -- any function of one argument
type Work = (argument: any) => unknown;

const CHILD = fileURLToPath(new URL('./apart-child.ts', import.meta.url));

/**
 * Calls an exported function of a module in a process that ends with the call; argument and answer are plain data.
 * A process keeps for good what it has loaded once; a worker runs for months, and needs the tables of languages,
 * what draws charts, and what bundles workflows once in a while.
 */
export function apart<Module extends Record<Name, Work>, Name extends string>(
  module: URL,
  name: Name,
  argument: Parameters<Module[Name]>[0],
): Promise<Awaited<ReturnType<Module[Name]>>> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, { execArgv: [], serialization: 'advanced' });
    child.once('error', reject);
    child.once('message', (answer: Answer) => {
      if ('error' in answer) reject(answer.error);
      else resolve(answer.result as Awaited<ReturnType<Module[Name]>>);
    });
    child.once('exit', (code, signal) => {
      reject(new Error(`the process for ${name} ended (${signal ?? code}) and gave no answer`));
    });
    child.send({ module: module.href, name, argument } satisfies Call, (error) => error && reject(error));
  });
}
