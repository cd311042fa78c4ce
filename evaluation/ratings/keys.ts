import type { Choice, Side } from './rating.ts';

/** What a key means: a word on the pair, or a wish about the session. */
export type Key = { choice: Choice } | { score: number } | 'undo' | 'stop' | undefined;

const KEYS = '1, 2, = (the same), s (skip), u (undo) or q (stop and keep)';

/** The keys that there are, in words. */
export const keysInWords = (scale: readonly [number, number] | undefined): string =>
  scale ? `${scale[0]} to ${scale[1]}, s (skip), u (undo) or q (stop and keep)` : KEYS;

/** Reads what a person typed; undefined: it means nothing. */
export function readKey(
  typed: string,
  { slot, scale }: { slot: Side; scale?: readonly [number, number] | undefined },
): Key {
  const text = typed.trim().toLowerCase();
  if (text === 's') return { choice: 'skipped' };
  if (text === 'u') return 'undo';
  if (text === 'q') return 'stop';
  if (scale) {
    const score = Number(text);
    return /^-?\d+$/.test(text) && score >= scale[0] && score <= scale[1] ? { score } : undefined;
  }
  if (text === '=') return { choice: 'same' };
  if (text === '1') return { choice: slot };
  return text === '2' ? { choice: slot === 'candidate' ? 'champion' : 'candidate' } : undefined;
}
