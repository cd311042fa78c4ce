/**
 * An error that trying again cannot mend: a bad recipe, bad data, a refusal. It reaches the person as it is.
 * Every other error is retried by the presets in `presets.ts`.
 */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  /** Short machine-readable kind, e.g. `BadData`. */
  readonly type: string;
  /** Small facts for programs: file, line, counts. Never secrets, never rows. */
  readonly details: Record<string, unknown>;

  constructor(type: string, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.type = type;
    this.details = details;
  }
}

/** Builds a {@link TerminalError}; `message` says what was asked, what was found and what to do. */
export function terminal(
  type: string,
  message: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
): TerminalError {
  return new TerminalError(type, message, details, cause);
}

/** Whether an error is for good and of a kind. */
export const isType = (error: unknown, type: string): boolean => error instanceof TerminalError && error.type === type;

/** The code of a Node system error (`ENOENT`, `ENOSPC`, …), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
