import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectAt, putObject } from '../../adapters/google/storage/put-object.ts';
import { EXPORTS, writeRows, type Exported, type ExportName } from '../../data/formats/export.ts';
import { flat } from './inspect.ts';
import { openData, type Reading, type Shelf } from './open.ts';

export { EXPORTS, type ExportName };

/**
 * Writes the rows behind a reference or file into an object of Cloud Storage, which has to be new unless it has the
 * same content or may be replaced.
 * @throws TerminalError `ObjectExists`, `BadAddress`
 */
export async function exportFar(
  what: string,
  format: ExportName,
  { uri, replace }: { uri: string; replace: boolean },
  shelf: Shelf | undefined,
  reading: Reading,
): Promise<Exported & { name: string; bad: number }> {
  // Before the work, not after it.
  objectAt(uri);
  const folder = await mkdtemp(join(tmpdir(), 'anneal-export-'));
  try {
    const file = join(folder, 'rows');
    const exported = await exportData(what, format, file, shelf, reading);
    await putObject(file, uri, { replace });
    return exported;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

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
