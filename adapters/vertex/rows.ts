import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { terminal } from '../../configs/failure.ts';
import type { Limits } from '../../configs/limits.ts';
import { writeRow } from '../../data/formats/export.ts';
import { rowsIn, writeLines } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import { roughCounter } from '../../data/tokens/rough.ts';
import type { TuneSettings } from '../contracts.ts';

/** Training rows in the vendor's form, cut in two. */
export interface VendorFiles {
  train: { path: string; rows: number; bytes: number };
  /** Absent: none was asked for. */
  validation?: { path: string; rows: number; bytes: number };
  /** Estimate of the tokens of the training rows, from their characters. */
  tokens: { low: number; high: number };
  /** Rows that may be longer than the model takes: only the vendor's own count tells. */
  doubtful: { row: Row; number: number; value: Record<string, unknown> }[];
}

/** Rows whose length only the vendor can tell are asked about, up to so many. */
const MOST_DOUBTFUL = 50;
const ROWS_A_TURN = 2000;

/** Share of the rows that the vendor gets as validation rows; 0: none. */
function validationShare({ vertex, choose }: TuneSettings): number {
  return vertex?.validation ?? (choose?.checkpoint === 'best' ? choose.dev : 0);
}

/**
 * Writes rows in the vendor's form. Which of the two files a row goes to depends on its prompt alone.
 *
 * @throws TerminalError `BadRows` that names the first row that the vendor would not take, and why.
 */
export async function writeVendorFiles(
  train: string,
  folder: string,
  of: { settings: TuneSettings; limits: Limits | undefined; base: string },
): Promise<VendorFiles> {
  const { settings, limits, base } = of;
  const isPreference = settings.objective === 'preference';
  const share = validationShare(settings);
  const counter = roughCounter();
  const [learn, check] = [writeLines(`${folder}/train.jsonl`), writeLines(`${folder}/validation.jsonl`)];
  const files: VendorFiles = {
    train: { path: learn.path, rows: 0, bytes: 0 },
    tokens: { low: 0, high: 0 },
    doubtful: [],
  };
  let validation = { path: check.path, rows: 0, bytes: 0 };
  let number = 0;
  try {
    for (const row of rowsIn<Row>(train)) {
      number += 1;
      // Heartbeats have to get through.
      if (number % ROWS_A_TURN === 0) await setImmediate();
      const value = vendorRow(row, number, isPreference);
      const { longest, learned } = counter.measure(row);
      const { low, high } = longest;
      if (limits?.maxTokens !== undefined && low > limits.maxTokens)
        throw bad(row, number, `has at least ${figure(low)} tokens, and ${base} takes ${figure(limits.maxTokens)}`);
      if (limits?.maxTokens !== undefined && high > limits.maxTokens && files.doubtful.length < MOST_DOUBTFUL)
        files.doubtful.push({ row, number, value });
      const bytes = Buffer.byteLength(JSON.stringify(value)) + 1;
      if (share > 0 && placeOf(row.promptId) < share) {
        check.write(value);
        validation = { ...validation, rows: validation.rows + 1, bytes: validation.bytes + bytes };
        continue;
      }
      learn.write(value);
      files.train.rows += 1;
      files.train.bytes += bytes;
      files.tokens.low += learned.low;
      files.tokens.high += learned.high;
    }
  } finally {
    learn.close();
    check.close();
  }
  if (files.train.rows === 0) throw terminal('BadRows', 'there are no rows to train on: check data.train');
  if (settings.choose?.checkpoint === 'best' && validation.rows === 0)
    throw terminal(
      'BadRows',
      `holding out ${share} of ${number} rows leaves none to choose a checkpoint by: raise tune.vertex.validation (or tune.choose.dev), or bring more rows`,
    );
  return validation.rows > 0 ? { ...files, validation } : files;
}

function vendorRow(row: Row, number: number, isPreference: boolean): Record<string, unknown> {
  if (isPreference && !row.chosen)
    throw bad(row, number, 'is no pair of answers, which tune.objective preference learns from');
  if (!isPreference && row.chosen) throw bad(row, number, 'is a pair of answers: set tune.objective to preference');
  const { value, lost } = writeRow(row, 'vertex');
  if (value) return value;
  throw bad(row, number, lost.join('; ') || 'cannot be written in the form of Vertex AI');
}

/** The error for a row that is not taken. @param number Of the prepared row, from 1. */
export function bad(row: Row, number: number, why: string): Error {
  return terminal(
    'BadRows',
    `training row ${number} (source ${row.source + 1}, line ${row.line}) ${why}: mend it or leave it out`,
    { row: number, source: row.source, line: row.line },
  );
}

/** A number of 0 to 1 out of an id. */
const placeOf = (id: string): number =>
  createHash('sha256').update(`validation ${id}`).digest().readUInt32BE(0) / 2 ** 32;

const figure = (value: number): string => Math.round(value).toLocaleString('en-US');
