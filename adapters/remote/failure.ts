/**
 * - `quota`: the vendor asks to be left alone for a while; nothing was done.
 * - `away`: the vendor cannot be reached or is out of order; nothing was changed.
 * - `ambiguous`: no usable reply came, and the request may have been carried out. Look before asking again.
 * - `gone`: what was asked for was there and is there no more.
 */
export type RemoteFailureKind = 'quota' | 'away' | 'ambiguous' | 'gone';

/** A failure far away that may pass. What is refused for good is a TerminalError. Its message holds no secret. */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';
  readonly kind: RemoteFailureKind;
  /** How long the vendor asks one to wait, in ms; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: RemoteFailureKind, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
