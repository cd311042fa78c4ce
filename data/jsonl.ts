import { JsonlSplitter } from './sources/jsonl.ts';
import type { FoundRecord } from './sources/source.ts';

/** One line of a JSONL file: a row, or what is wrong with it. Lines count from 1; blank lines are passed over. */
export type JsonlLine =
  | { line: number; row: Record<string, unknown> }
  | { line: number; reason: string; excerpt: string };

/**
 * Reads JSON Lines (https://jsonlines.org) from chunks of bytes, in constant memory: a line longer than
 * `maxRowBytes` is reported without being kept.
 */
export async function* readJsonl(chunks: AsyncIterable<Uint8Array>, maxRowBytes: number): AsyncGenerator<JsonlLine> {
  const splitter = new JsonlSplitter(maxRowBytes);
  for await (const chunk of chunks) {
    for (const found of splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) {
      yield lineOf(found);
    }
  }
  for (const found of splitter.end()) yield lineOf(found);
}

const lineOf = (found: FoundRecord): JsonlLine => ('value' in found ? { line: found.line, row: found.value } : found);
