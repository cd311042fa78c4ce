import { EXPORTS, writeRows, type Exported, type ExportName } from '../../data/formats/export.ts';
import { flat } from './inspect.ts';
import { openData, type Reading, type Shelf } from './open.ts';

export { EXPORTS, type ExportName };

/** Writes the rows behind a reference or file into a file of a vendor's form. */
export async function exportData(
  what: string,
  format: ExportName,
  file: string,
  shelf: Shelf | undefined,
  reading: Reading,
): Promise<Exported & { name: string; bad: number }> {
  const data = await openData(what, shelf, reading);
  const exported = await writeRows(flat(data), format, file);
  return { name: data.name, ...exported, bad: data.bad.rows };
}
