import { open, rename, rm } from 'node:fs/promises';
import { terminal } from '../../configs/failure.ts';
import type { Content, Row } from '../row.ts';
import { alpaca } from './alpaca.ts';
import { document } from './document.ts';
import { feedback } from './feedback.ts';
import type { Written } from './format.ts';
import { openaiPreference } from './openai-preference.ts';
import { openai } from './openai.ts';
import { parquetFromJsonl, writeForParquet } from './parquet.ts';
import { promptCompletion } from './prompt-completion.ts';
import { sharegpt } from './sharegpt.ts';
import { trlPreference } from './trl-preference.ts';
import { vertexPreference } from './vertex-preference.ts';
import { vertex } from './vertex.ts';

/** Forms that rows can be written in. */
export const EXPORTS = ['vertex', 'openai', 'alpaca', 'sharegpt', 'trl', 'parquet'] as const;
export type ExportName = (typeof EXPORTS)[number];

type Write = (row: Content) => Written;

/** Preference pairs go into the preference form of the same vendor. */
const WRITERS: Record<ExportName, Write> = {
  vertex: (row) => (row.chosen ? vertexPreference : vertex).write!(row),
  openai: (row) => (row.chosen ? openaiPreference : openai).write!(row),
  alpaca: alpaca.write!,
  sharegpt: sharegpt.write!,
  trl(row) {
    if (row.document) return document.write!(row);
    if (row.chosen) return trlPreference.write!(row);
    return (row.feedback ? feedback : promptCompletion).write!(row);
  },
  parquet: writeForParquet,
};

/** Writes one row in a form; `value` is undefined where the form cannot hold it, with the reason in `lost`. */
export function writeRow(row: Content, format: ExportName): Written {
  return WRITERS[format](row);
}

/** What an export could not hold: a kind, how many rows it was met in, and where first. */
export interface Loss {
  /** E.g. `tools`; `whole row: …` for rows that were not written at all. */
  what: string;
  rows: number;
  /** Lines of the first few of them, in their sources. */
  firstLines: number[];
}

export interface Exported {
  rows: number;
  written: number;
  lost: Loss[];
}

const NAMED_LINES = 5;
/** Text is handed to the file in pieces of about this many characters. */
const BATCH = 1 << 20;

/**
 * Writes rows as JSON Lines in a vendor's form, or as Parquet, in constant memory. The file appears when it is
 * whole. Throws `NothingToExport` when no row could be written.
 */
export async function writeRows(
  rows: AsyncIterable<Row> | Iterable<Row>,
  format: ExportName,
  file: string,
): Promise<Exported> {
  const part = `${file}.part`;
  const lines = format === 'parquet' ? `${file}.jsonl.part` : part;
  const lost = new Map<string, Loss>();
  const columns = new Set<string>();
  const note = (what: string, { line }: Row): void => {
    const loss = lost.get(what) ?? { what, rows: 0, firstLines: [] };
    loss.rows += 1;
    if (loss.firstLines.length < NAMED_LINES) loss.firstLines.push(line);
    lost.set(what, loss);
  };
  let total = 0;
  let written = 0;
  let longest = 0;
  try {
    const handle = await open(lines, 'w');
    try {
      let batch = '';
      for await (const row of rows) {
        total += 1;
        const { value, lost: kinds } = WRITERS[format](row);
        for (const kind of new Set(kinds)) note(value ? kind : `whole row: ${kind}`, row);
        if (!value) continue;
        written += 1;
        const text = JSON.stringify(value);
        longest = Math.max(longest, text.length);
        if (format === 'parquet') for (const key of Object.keys(value)) columns.add(key);
        batch += `${text}\n`;
        if (batch.length < BATCH) continue;
        await handle.writeFile(batch);
        batch = '';
      }
      await handle.writeFile(batch);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const ordered = [...lost.values()].toSorted((a, b) => b.rows - a.rows || a.what.localeCompare(b.what));
    if (total > 0 && written === 0) throw nothingWritten(format, total, ordered);
    if (format === 'parquet') await parquetFromJsonl(lines, part, columns, longest);
    await rename(part, file);
    return { rows: total, written, lost: ordered };
  } finally {
    await rm(part, { force: true });
    await rm(lines, { force: true });
  }
}

function nothingWritten(format: ExportName, total: number, lost: readonly Loss[]): Error {
  const why = lost.map(({ what, rows }) => `${rows} × ${what.replace('whole row: ', '')}`).join('; ');
  return terminal(
    'NothingToExport',
    `none of the ${total} rows can be written as ${format} (${why}); choose another --format: trl and parquet hold the most`,
    { format, rows: total },
  );
}
