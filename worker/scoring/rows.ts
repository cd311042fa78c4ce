import { createReadStream } from 'node:fs';
import { stdin } from 'node:process';
import { messageOf, systemCode } from '../../configs/failure.ts';
import type { MetricItem } from '../../metrics/metric.ts';

/** Something wrong with a line of a file of predictions; its message names the place and the remedy. */
export class BadPredictions extends Error {
  override readonly name = 'BadPredictions';
}

/** A row of predictions as it was read. */
export interface ScoringRow extends MetricItem {
  /** As the row gives it, else its line. */
  id: string;
}

const NEWLINE = 10;

/** A file as a sentence names it. */
export const nameOf = (file: string): string => (file === '-' ? 'standard input' : file);

/**
 * Rows `{prediction, references: […]}` of a JSONL file, `-` for standard input; `reference` may stand for a list of
 * one, `id` names the row, and a prediction of null is an answer that did not come. Empty lines are passed over.
 *
 * @throws BadPredictions for the first line that is no such row, or a file that cannot be read.
 */
export async function* readScoringRows(file: string): AsyncGenerator<ScoringRow> {
  const name = nameOf(file);
  let line = 0;
  for await (const bytes of linesOf(file)) {
    line += 1;
    const text = decoded(bytes, name, line);
    if (text.trim() !== '') yield rowOf(text, name, line);
  }
}

async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  try {
    for await (const chunk of (file === '-' ? stdin : createReadStream(file)) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, end)]);
        rest = [];
        start = end + 1;
      }
      if (start < chunk.length) rest.push(chunk.subarray(start));
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new BadPredictions(`${file} cannot be read (${systemCode(error)}): check the path`);
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decoded(bytes: Buffer, file: string, line: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new BadPredictions(`${file}:${line}: is not UTF-8 text: save the file as UTF-8`);
  }
}

function rowOf(text: string, file: string, line: number): ScoringRow {
  const wrong = (message: string): BadPredictions => new BadPredictions(`${file}:${line}: ${message}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`is not JSON (${messageOf(error).slice(0, 120)}): write one object a line`);
  }
  if (!isObject(value)) throw wrong(`expected an object with "prediction" and "references", found ${kindOf(value)}`);
  const { prediction, references, reference, id } = value;
  if (prediction === undefined)
    throw wrong('has no "prediction": write the answer of the model, or null where none came');
  if (prediction !== null && typeof prediction !== 'string')
    throw wrong(`"prediction" has to be a text or null, found ${kindOf(prediction)}`);
  const given = references ?? (reference === undefined || reference === null ? [] : [reference]);
  if (!Array.isArray(given)) throw wrong(`"references" has to be a list of texts, found ${kindOf(given)}`);
  const strange = given.find((one) => one !== null && typeof one !== 'string');
  if (strange !== undefined) throw wrong(`"references" has to be a list of texts, found ${kindOf(strange)} in it`);
  return {
    id: typeof id === 'string' || typeof id === 'number' ? String(id) : String(line),
    prediction,
    references: (given as (string | null)[]).filter((one) => one !== null),
    row: value,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
