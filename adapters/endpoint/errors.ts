/** Not now: the server asks to be left alone for a while. Nothing was paid. */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  /** How long, in ms. */
  readonly ms: number;

  constructor(message: string, ms: number) {
    super(message);
    this.ms = ms;
  }
}

/** No usable reply came; asking again may help. */
export class AskFailed extends Error {
  override readonly name = 'AskFailed';
  /** Whether the request may have been worked on, and so paid. */
  readonly mayBePaid: boolean;

  constructor(message: string, mayBePaid: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.mayBePaid = mayBePaid;
  }
}
