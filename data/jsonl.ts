/** One line of a JSONL file: a row, or what is wrong with it. Lines count from 1; blank lines are passed over. */
export type JsonlLine =
  | { line: number; row: Record<string, unknown> }
  | { line: number; reason: string; excerpt: string };

const NEWLINE = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads JSON Lines (https://jsonlines.org) from chunks of bytes, in constant memory: a line longer than
 * `maxRowBytes` is reported without being kept.
 */
export async function* readJsonl(chunks: AsyncIterable<Uint8Array>, maxRowBytes: number): AsyncGenerator<JsonlLine> {
  let line = 0;
  let kept: Uint8Array[] = [];
  let length = 0;
  const finish = (): JsonlLine | undefined => {
    line += 1;
    const bytes = Buffer.concat(kept);
    const size = length;
    kept = [];
    length = 0;
    return size > maxRowBytes
      ? { line, reason: `is ${size} bytes long, more than maxRowBytes ${maxRowBytes}`, excerpt: excerptOf(bytes) }
      : parseLine(line, line === 1 ? withoutMark(bytes) : bytes);
  };
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const found = chunk.indexOf(NEWLINE, start);
      const end = found === -1 ? chunk.length : found;
      // Of a line that is too long only the beginning is kept, for the excerpt.
      if (length <= maxRowBytes) kept.push(chunk.subarray(start, Math.min(end, start + maxRowBytes + 1 - length)));
      length += end - start;
      if (found !== -1) {
        const done = finish();
        if (done) yield done;
      }
      start = end + 1;
    }
  }
  if (length > 0) {
    const done = finish();
    if (done) yield done;
  }
}

function parseLine(line: number, bytes: Buffer): JsonlLine | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return {
      line,
      // Of a character that is cut off at the end of the line every byte is valid: then the last one is named.
      reason: `is not valid UTF-8 (byte ${Math.min(firstInvalidByte(bytes) + 1, bytes.length)} of the line)`,
      excerpt: excerptOf(bytes),
    };
  }
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line, reason: `is not valid JSON: ${jsonMessage(error)}`, excerpt: excerptOf(bytes) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
    return { line, reason: `expected a JSON object with columns, found ${found}`, excerpt: excerptOf(bytes) };
  }
  return { line, row: value as Record<string, unknown> };
}

const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;

/** The first 200 characters, so that a person recognises the row. */
const excerptOf = (bytes: Buffer): string => bytes.subarray(0, 600).toString('utf8').slice(0, 200);

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
