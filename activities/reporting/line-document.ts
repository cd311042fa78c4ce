import type { Ledger } from '../../artifacts/ledger/open.ts';
import { readLine, type LineOptions } from '../../artifacts/ledger/line-report.ts';
import { lineDocumentOf } from '../../evaluation/line/document.ts';
import type { LineDocument } from '../../evaluation/line/model.ts';

/** Slices and models that a table or a page can show. */
export const SHOWN = 40;

/** A line with its periods and its matrix model × slice; undefined: there is no such line. */
export async function lineDocument(
  ledger: Ledger,
  line: string,
  options: LineOptions = {},
): Promise<LineDocument | undefined> {
  const rows = await readLine(ledger, line, options);
  return rows && lineDocumentOf(rows);
}
