import { createInterface } from 'node:readline';
import { StringDecoder } from 'node:string_decoder';

/** What a person types, one choice after the other; undefined: no more comes. */
export interface Typed {
  next(): Promise<string | undefined>;
  /** Whether somebody sits there who can be asked again. */
  readonly isPerson: boolean;
  close(): void;
}

/** Ctrl+C, Ctrl+D. */
const ENDS = ['\u0003', '\u0004'];

/**
 * Reads choices from standard input: single keys where a person sits at a terminal and each choice is one key, otherwise
 * lines.
 */
export function openTyped(isOneKey: boolean): Typed {
  const { stdin } = process;
  if (stdin.isTTY && isOneKey) return keys(stdin);
  const lines = createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const each = lines[Symbol.asyncIterator]();
  return {
    isPerson: stdin.isTTY,
    next: async () => {
      for (;;) {
        const { value, done } = await each.next();
        if (done) return undefined;
        if (value.trim() !== '') return value;
      }
    },
    close: () => {
      lines.close();
      stdin.pause();
    },
  };
}

function keys(stdin: NodeJS.ReadStream): Typed {
  const decoder = new StringDecoder('utf8');
  const waiting: string[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const onData = (bytes: Buffer): void => {
    waiting.push(...Array.from(decoder.write(bytes)));
    wake?.();
  };
  const onEnd = (): void => {
    ended = true;
    wake?.();
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  stdin.resume();
  return {
    isPerson: true,
    next: async () => {
      while (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      const key = waiting.shift();
      return key === undefined || ENDS.includes(key) ? undefined : key;
    },
    close: () => {
      stdin.setRawMode(false);
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
    },
  };
}
