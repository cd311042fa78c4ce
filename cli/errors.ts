import { messageOf, TerminalError } from '../configs/failure.ts';
import { EXIT, UsageError } from './command.ts';
import { complain, printJson } from './output.ts';

/** Does a command's work and gives its exit code; an error is told once, where people and programs look for it. */
export async function guard(json: boolean, work: () => Promise<number | void>): Promise<number> {
  try {
    return (await work()) ?? EXIT.done;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    // What is far away and does not answer is no fault of the program.
    const isFar = error instanceof Error && error.name === 'RemoteFailure';
    const isKnown = isUsage || isFar || error instanceof TerminalError;
    complain(isFar ? `${messageOf(error)}; try again in a while` : isKnown ? messageOf(error) : unexpected(error));
    if (json) {
      const type = isUsage
        ? 'Usage'
        : error instanceof TerminalError
          ? error.type
          : isFar
            ? 'RemoteFailure'
            : 'Unexpected';
      printJson({
        ok: false,
        error: { type, message: messageOf(error) },
        ...(isUsage && error.problems.length > 0 ? { problems: error.problems } : {}),
      });
    }
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

/** Not foreseen: the stack is what a report of it needs. */
function unexpected(error: unknown): string {
  return `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
