import { createHash, hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { breathing } from '../../data/lines.ts';
import { writeRow } from '../../data/formats/export.ts';
import type { Row } from '../../data/row.ts';
import type { TuneSettings } from '../contracts.ts';

export type Objective = 'sft' | 'preference';

/** What a row becomes. */
export interface Formed {
  row: Row;
  /** Its number among the training rows, from 1. */
  number: number;
  /** As the server takes it; or why it cannot. */
  value: Record<string, unknown> | string;
  /** Held out of training, given as a validation row. */
  isDev: boolean;
}

/** Where a row came from, for a message. */
export const placeOf = ({ number, row }: Pick<Formed, 'number' | 'row'>): string =>
  `row ${number} (source ${row.source} line ${row.line})`;

/** What is to be learned, by default to answer as the rows do. */
export const objectiveOf = ({ objective }: TuneSettings): Objective => objective ?? 'sft';

/** Share of the rows that is held out, 0: none. */
export function devShareOf({ openai, choose }: TuneSettings): number {
  return openai?.validation ?? (choose?.checkpoint === 'best' ? choose.dev : 0);
}

/** Rows of a training as the server takes them, in their order. */
export async function* formedRows(
  train: string,
  { objective, devShare }: { objective: Objective; devShare: number },
): AsyncGenerator<Formed> {
  let number = 0;
  for await (const row of breathing<Row>(train)) {
    number += 1;
    yield { row, number, value: formOf(row, objective), isDev: devShare > 0 && position(row.id) < devShare };
  }
}

/** A row's place from 0 to 1 by its id, the same as the trainer on this machine uses. */
const position = (id: string): number => Number.parseInt(hash('sha256', `dev ${id}`, 'hex').slice(0, 12), 16) / 2 ** 48;

function formOf(row: Row, objective: Objective): Record<string, unknown> | string {
  const isPair = row.chosen !== undefined && row.rejected !== undefined;
  if (objective === 'preference' && !isPair)
    return 'has no better and worse answer: preference needs both (chosen and rejected), or set tune.objective to sft';
  if (objective === 'sft' && (row.chosen !== undefined || row.rejected !== undefined))
    return 'is a preference pair: set tune.objective to preference, or bring rows of messages';
  const { value, lost } = writeRow(row, 'openai');
  if (!value) return `${lost[0] ?? 'cannot be written'}: mend it, or leave it out`;
  const isAnswered = row.messages.some(({ role, weight }) => role === 'assistant' && weight !== 0);
  if (objective === 'sft' && !isAnswered) return 'has no answer to learn: add a message of the assistant';
  return value;
}

/** One file of rows that is being written. */
export interface RowsFile {
  path: string;
  rows: number;
  bytes: number;
  sha256: string;
}

/** Text goes to a file in pieces of about this many characters. */
const BATCH = 1 << 20;

/** Writes rows of JSON Lines, and tells what is in the file in the end. */
export async function rowsFile(
  path: string,
): Promise<{ add(value: unknown): Promise<void>; close(): Promise<RowsFile> }> {
  const file = await open(path, 'w');
  const digest = createHash('sha256');
  let [text, rows, bytes] = ['', 0, 0];
  const flush = async (): Promise<void> => {
    const piece = Buffer.from(text);
    text = '';
    bytes += piece.byteLength;
    digest.update(piece);
    await file.writeFile(piece);
  };
  return {
    add: async (value) => {
      rows += 1;
      text += `${JSON.stringify(value)}\n`;
      if (text.length >= BATCH) await flush();
    },
    close: async () => {
      await flush();
      await file.close();
      return { path, rows, bytes, sha256: digest.digest('hex') };
    },
  };
}
