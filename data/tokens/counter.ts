import { terminal } from '../../configs/failure.ts';
import { textOf, type Message, type Row } from '../row.ts';

/** Counts tokens as one model does. */
export interface TokenCounter {
  /** Whose tokens these are, for people. */
  name: string;
  /**
   * Tokens of a row as it is trained on: template included; of a preference pair the prompt with the longer of its
   * answers. Throws BadData, with the row's place, for a row that the model cannot be given.
   */
  countRow(row: Row): number;
  /** Tokens of a text alone. */
  countText(text: string): number;
  /**
   * A bound that is never below `countRow` and far cheaper; throws as it does. Absent where the tokenizer gives no
   * such bound.
   */
  atMost?: (row: Row) => number;
}

/** Tokens as an estimate, with what is likely the least and the most. */
export interface TokenRange {
  low: number;
  high: number;
}

/** The conversations that training reads for a row: one, or for a preference pair the two of them. */
export function conversationsOf({ messages, chosen, rejected }: Row): Message[][] {
  if (!chosen && !rejected) return [messages];
  return [chosen, rejected].filter((answer) => answer !== undefined).map((answer) => [...messages, ...answer]);
}

/** Throws for a row with pictures or files: how many tokens these become, only the vendor knows. */
export function onlyText(row: Row): void {
  for (const message of [...row.messages, ...(row.chosen ?? []), ...(row.rejected ?? [])]) {
    if (!Array.isArray(message.content)) continue;
    const other = message.content.find((part) => part.type !== 'text');
    if (other) throw badRow(row, `holds a part of type ${other.type}, whose tokens cannot be counted here`);
  }
}

/** All that a model reads of a message, whatever frames it. */
export function spokenTexts(message: Message): string[] {
  const calls = (message.tool_calls ?? []).flatMap((call) => [call.function.name, call.function.arguments]);
  return [message.role, textOf(message), ...calls, ...(message.name === undefined ? [] : [message.name])];
}

/** What stands in the way of counting a row; `why` follows its place. */
export function badRow(row: Row, why: string, cause?: unknown): Error {
  const { source, line } = row;
  return terminal('BadData', `source ${source} line ${line} ${why}`, { source, line, why }, cause);
}

/** What policies are told about tokens: how to count them, and a cheap bound where there is one. */
export function tokensFor(counter: TokenCounter | string): {
  countTokens: ((row: Row) => number) | string;
  tokensAtMost?: (row: Row) => number;
} {
  if (typeof counter === 'string') return { countTokens: counter };
  const { atMost } = counter;
  return { countTokens: (row) => counter.countRow(row), ...(atMost ? { tokensAtMost: (row) => atMost(row) } : {}) };
}
