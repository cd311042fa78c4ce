import { buildCommand, ExitCode } from '@stricli/core';
import type { Command, CommandContext } from '@stricli/core';

/** Exit codes of the command line. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  waiting: 3,
  reject: 10,
  inconclusive: 11,
  skipped: 12,
  interrupted: 130,
} as const;

/** A wrong use of the command line, or an invalid recipe: exit code 2. Its message is one sentence with a remedy. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** Problems one by one, for `--json`. */
  readonly problems: readonly unknown[];

  constructor(message: string, problems: readonly unknown[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** A command's work; gives an exit code when it is not 0. */
export type Work<Flags, Args extends readonly unknown[]> = (flags: Flags, ...args: Args) => Promise<number | void>;

interface Declaration<Flags extends object, Args extends readonly unknown[]> {
  docs: ReturnType<typeof docs>;
  /** One entry for each flag and argument of the work, in stricli's shapes (made by the helpers in app.ts). */
  parameters: { flags?: { [Name in keyof Flags]-?: object }; positional?: object };
  /** Loads the work when the command is called and not before. */
  load: () => Promise<Work<Flags, Args>>;
}

/**
 * Declares a command. What its work throws becomes one sentence on stderr (with `--json` also one JSON document
 * on stdout) and an exit code.
 */
export function command<Flags extends object, Args extends readonly unknown[]>(
  declaration: Declaration<Flags, Args>,
): Command<CommandContext> {
  const func = async (flags: Flags, ...args: Args): Promise<void> => {
    const { guard } = await import('./errors.ts');
    exit = await guard('json' in flags && flags.json === true, async () => (await declaration.load())(flags, ...args));
  };
  // stricli would infer flags and arguments anew from each entry's literal type, which helpers do not keep.
  return buildCommand({ docs: declaration.docs, parameters: declaration.parameters, func } as never);
}

/** What the command that ran ended with; stricli knows only success and failure. */
let exit: number | undefined;

/** Help of a command: what it does, and examples of its use. */
export function docs(brief: string, examples: readonly [input: string, what: string][], more?: string) {
  const lines = examples.map(([input, what]) => `  anneal ${input}\n      ${what}`);
  const full = [brief, ...(more === undefined ? [] : ['', more]), '', 'EXAMPLES', ...lines].join('\n');
  return { brief, fullDescription: full };
}

/** The process's exit code, from the command's own or, where none ran (help, a wrong command line), from stricli's. */
export function exitCode(code: string | number | null | undefined): number {
  if (exit !== undefined) return exit;
  if (code === ExitCode.UnknownCommand || code === ExitCode.InvalidArgument) return EXIT.usage;
  return code === undefined || code === null || code === ExitCode.Success ? EXIT.done : EXIT.failed;
}
