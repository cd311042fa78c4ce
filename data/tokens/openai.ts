import { textsOf, type Row } from '../row.ts';
import { conversationsOf, onlyText, spokenTexts, type TokenCounter } from './counter.ts';
import { loadEncoding, type EncodingName } from './encodings.ts';

// The recipe of "How to count tokens with tiktoken" in the OpenAI cookbook: what frames a message, a name in it,
// and the start of the reply.
const PER_MESSAGE = 3;
const PER_NAME = 1;
const PER_REPLY = 3;

/**
 * Counts for OpenAI's models. Definitions and calls of tools are counted as their JSON text: how the vendor frames
 * them is not published, so such rows are near the truth and not on it.
 */
export async function openaiCounter(encoding: EncodingName): Promise<TokenCounter> {
  const countText = await loadEncoding(encoding);
  // Every token of a byte-level encoding stands for one byte or more.
  const countBytes = (text: string): number => Buffer.byteLength(text);
  return {
    name: encoding,
    countText,
    countRow: (row) => countRow(row, countText),
    atMost: (row) => countRow(row, countBytes),
  };
}

function countRow(row: Row, count: (text: string) => number): number {
  onlyText(row);
  if (row.document) return sum(textsOf(row), count);
  const tools = row.tools ? count(JSON.stringify(row.tools)) : 0;
  const lengths = conversationsOf(row).map((messages) =>
    messages.reduce(
      (tokens, message) =>
        tokens + PER_MESSAGE + sum(spokenTexts(message), count) + (message.name === undefined ? 0 : PER_NAME),
      PER_REPLY + tools,
    ),
  );
  return Math.max(...lengths);
}

const sum = (texts: readonly string[], count: (text: string) => number): number =>
  texts.reduce((total, text) => total + count(text), 0);
