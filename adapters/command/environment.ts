import { terminal } from '../../configs/failure.ts';

/** What every program needs to be found and to print readable text. */
const ALWAYS = ['PATH', 'HOME', 'LANG'];

/**
 * The whole environment of a command: PATH, HOME, LANG, the variables that the recipe names, and Anneal's own. A key
 * that stands in the environment of the worker for somebody else is not in it.
 */
export function environmentOf(
  named: readonly string[],
  own: Readonly<Record<string, string>>,
  from: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const entries = [...ALWAYS, ...named].flatMap((name) => {
    const value = from[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(entries), ...own };
}

/** @throws TerminalError `NoVariable` when the worker does not have a variable that the recipe names. */
export function checkVariables(named: readonly string[], from: NodeJS.ProcessEnv = process.env): void {
  const missing = named.filter((name) => from[name] === undefined);
  if (missing.length === 0) return;
  throw terminal(
    'NoVariable',
    `tune.command.env names ${missing.join(', ')}, which the environment of the worker does not have: set ${missing.length === 1 ? 'it' : 'them'} and start the worker again (\`anneal down\`, then the next command brings it up), or take the name out`,
  );
}
