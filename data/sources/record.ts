import { isUtf8 } from 'node:buffer';
import type { FoundRecord } from './source.ts';

/**
 * Deepest nesting of a row. Protocol buffers, and so Vertex, refuse JSON deeper than 100; code that walks a row
 * by recursion is safe far beyond it.
 */
export const MAX_DEPTH = 100;

/** Reads the JSON text of one record, from bytes that are known to be one record; undefined for a blank one. */
export function parseRecord(line: number, bytes: Buffer): FoundRecord | undefined {
  return isUtf8(bytes) ? parseValid(line, bytes, 0, bytes.length) : badRecord(line, invalidUtf8(bytes, 'line'), bytes);
}

/** {@link parseRecord} for a part of a buffer that is known to be UTF-8: a view of each record would cost memory. */
export function parseValid(line: number, bytes: Buffer, start: number, end: number): FoundRecord | undefined {
  if (start === end) return undefined;
  const text = bytes.toString('utf8', start, end);
  const bad = (reason: string): FoundRecord => badRecord(line, reason, bytes.subarray(start, end));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return text.trim() === '' ? undefined : bad(`is not valid JSON: ${jsonMessage(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
    return bad(`expected a JSON object with columns, found ${found}`);
  }
  // A level of nesting takes two bytes at least, so short records need no walk.
  if (end - start > 2 * MAX_DEPTH && isDeeper(value, MAX_DEPTH)) {
    return bad(`is nested more than ${MAX_DEPTH} levels deep`);
  }
  return { line, value: value as Record<string, unknown> };
}

/** A record that cannot be used; of its bytes only the beginning is kept, so that a person recognises it. */
export const badRecord = (line: number, reason: string, bytes: Buffer): FoundRecord => ({
  line,
  reason,
  excerpt: bytes.subarray(0, 600).toString('utf8').slice(0, 200),
});

/** The reason given for a record that was not kept because of its size. */
export const tooLong = (size: number, maxRowBytes: number): string =>
  `is ${size} bytes long, more than maxRowBytes ${maxRowBytes}`;

/** Whether a value is nested deeper than so many levels. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeper(item, levels - 1)) return true;
    return false;
  }
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

/** The reason for bytes that are no UTF-8, naming the first such byte of a `line` or `record`. */
export function invalidUtf8(bytes: Buffer, unit: 'line' | 'record'): string {
  // Of a character that is cut off at the end every byte is valid: then the last one is named.
  return `is not valid UTF-8 (byte ${Math.min(firstInvalidByte(bytes) + 1, bytes.length)} of the ${unit})`;
}

/** V8 quotes the text around the error; the position alone is enough, the excerpt stands beside it. */
function jsonMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = / in JSON at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `unexpected character at column ${Number(position) + 1}`;
  return /^Unexpected token '.+?'(?=, )/su.exec(message)?.[0] ?? message;
}

function firstInvalidByte(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  const valid = (length: number, stream: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream });
      return true;
    } catch {
      return false;
    }
  };
  // With `stream: true` a prefix cut inside a character is still valid, so validity is monotone in length.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (valid(middle, true)) low = middle;
    else high = middle - 1;
  }
  // The character that is not completed begins up to three bytes earlier.
  while (low > 0 && !valid(low, false)) low -= 1;
  return low;
}
