import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the process is to call: an exported function of its module, with one argument of plain data. */
export interface Call {
  id: number;
  name: string;
  argument: unknown;
}

/** What came of it. */
export interface Answer {
  id: number;
  result?: unknown;
  error?: unknown;
}

// oxlint-disable-next-line typescript/no-explicit-any -- any function of one argument
type Work = (argument: any) => unknown;
type Waiting = (answer: Answer | 'ended' | Error) => void;

interface Helper {
  child: ChildProcess;
  waiting: Map<number, Waiting>;
}

const CHILD = fileURLToPath(new URL('./apart-child.ts', import.meta.url));
const helpers = new Map<string, Helper>();
let calls = 0;

/**
 * Calls an exported function of a module in a process of its own; argument and answer are plain data. A process keeps
 * for good what it has loaded once; a worker runs for months, and needs the tables of languages, what draws charts,
 * and what bundles workflows once in a while. The process ends when nothing was asked of it for some seconds.
 */
export async function apart<Module extends Record<Name, Work>, Name extends string>(
  module: URL,
  name: Name,
  argument: Parameters<Module[Name]>[0],
): Promise<Awaited<ReturnType<Module[Name]>>> {
  const answer = await ask(helpers.get(module.href) ?? start(module.href), name, argument);
  // It ended, since nobody had asked for long, at the very moment of the call.
  if (answer === 'ended') return apart<Module, Name>(module, name, argument);
  if (answer instanceof Error) throw answer;
  if ('error' in answer) throw answer.error;
  return answer.result as Awaited<ReturnType<Module[Name]>>;
}

function start(module: string): Helper {
  const child = fork(CHILD, [module], { execArgv: [], serialization: 'advanced' });
  const helper: Helper = { child, waiting: new Map() };
  helpers.set(module, helper);
  const leave = (how: 'ended' | Error): void => {
    if (helpers.get(module) === helper) helpers.delete(module);
    for (const tell of helper.waiting.values()) tell(how);
    helper.waiting.clear();
  };
  child.on('message', (answer: Answer) => {
    helper.waiting.get(answer.id)?.(answer);
    helper.waiting.delete(answer.id);
    if (helper.waiting.size === 0) hold(child, false);
  });
  child.once('error', leave);
  child.once('exit', (code, signal) => {
    leave(code === 0 ? 'ended' : new Error(`a process of its own ended (${signal ?? code}) and gave no answer`));
  });
  return helper;
}

function ask({ child, waiting }: Helper, name: string, argument: unknown): Promise<Answer | 'ended' | Error> {
  const id = (calls += 1);
  hold(child, true);
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    // Where it cannot be sent, the process is about to be gone: `exit` tells.
    child.send({ id, name, argument } satisfies Call, () => undefined);
  });
}

/** Whether this process waits for the other before it ends. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const act = isHeld ? 'ref' : 'unref';
  child[act]();
  child.channel?.[act]();
}
