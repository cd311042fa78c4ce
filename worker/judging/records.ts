import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { digestOf } from '../../artifacts/canonical.ts';
import { findByPrefix } from '../../artifacts/ledger/artifacts.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { TerminalError } from '../../configs/failure.ts';
import { lookAt } from '../../data/sources/file.ts';
import { readSource } from '../../data/sources/read.ts';
import { findDataset, type Shelf } from '../datasets/open.ts';
import { BadLabels } from './bad-labels.ts';

/** A row of a file, as it came. */
export interface LabelRecord {
  /** `file:line`, for messages. */
  at: string;
  value: Record<string, unknown>;
}

/** Longest row in bytes. */
const MAX_ROW_BYTES = 64 * 2 ** 20;

/**
 * All rows of a file (JSONL, JSON, CSV, …) or of an artifact: a digest, the beginning of one, or the name of a dataset.
 * `digest` is that of the rows, however they are written.
 *
 * @throws BadLabels for a file that cannot be read, the first bad row, or nothing of that name.
 */
export async function recordsOf(what: string, shelf: Shelf): Promise<{ records: LabelRecord[]; digest: string }> {
  const path = existsSync(what) ? resolve(what) : await inStore(what, shelf);
  const records: LabelRecord[] = [];
  try {
    for await (const found of readSource(await lookAt(path), { maxRowBytes: MAX_ROW_BYTES })) {
      const at = `${what}:${found.line}`;
      if ('reason' in found) throw new BadLabels(`${at}: ${found.reason}: mend the row, or leave it out`);
      records.push({ at, value: found.value });
    }
  } catch (error) {
    if (error instanceof TerminalError) throw new BadLabels(error.message, { cause: error });
    throw error;
  }
  if (records.length === 0) throw new BadLabels(`${what} has no rows`);
  return { records, digest: digestOf(records.map(({ value }) => `${canonicalJson(value)}\n`).join('')) };
}

async function inStore(what: string, shelf: Shelf): Promise<string> {
  const hex = what.replace(/^sha256:/, '').toLowerCase();
  const found = /^[0-9a-f]{4,64}$/.test(hex) ? await findByPrefix(shelf.ledger, hex) : [];
  if (found.length > 1) throw new BadLabels(`"${what}" is the beginning of several digests: give more of it`);
  const digest = found[0]?.digest ?? (await findDataset(shelf, what));
  if (digest === undefined)
    throw new BadLabels(`there is neither a file nor an artifact "${what}": give a path, a digest, or name@v1`);
  return shelf.store.path(digest);
}
