import { expect } from 'vitest';
import { TerminalError } from '../../../configs/failure.ts';

/** The terminal error that something ends with; fails for any other end. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<TerminalError> {
  const error: unknown = await (async () => {
    try {
      await (typeof work === 'function' ? work() : work);
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();
  expect(error).toBeInstanceOf(TerminalError);
  return error as TerminalError;
}
