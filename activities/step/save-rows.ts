import { join } from 'node:path';
import type { ArtifactRef } from '../../configs/refs.ts';
import { writeLines } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import type { StepContext } from './context.ts';

/** Stores rows as a dataset; `name` is that of the file while it is written. */
export async function saveRows(
  context: Pick<StepContext<unknown>, 'scratch' | 'save'>,
  name: string,
  rows: readonly Row[],
  meta: Record<string, unknown>,
): Promise<ArtifactRef> {
  const file = writeLines(join(context.scratch, `${name}.jsonl`));
  for (const row of rows) file.write(row);
  file.close();
  return context.save('Dataset', { file: file.path }, { rows: rows.length, ...meta });
}
