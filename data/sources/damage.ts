/** What is wrong with a file as a whole; the reader of the file adds how far it came. */
export class Damage extends Error {
  override readonly name = 'Damage';
  readonly kind: 'cut short' | 'damaged';

  constructor(kind: 'cut short' | 'damaged', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}
