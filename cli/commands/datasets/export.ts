import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../../../configs/nearest.ts';
import { EXPORTS, exportData, type ExportName } from '../../../worker/datasets/export.ts';
import { UsageError } from '../../command.ts';
import { print, printJson } from '../../output.ts';
import { readingOf, withShelf, type ReadingFlags } from '../../shelf.ts';

interface Flags extends Omit<ReadingFlags, 'format'> {
  format: string;
  from?: string;
  output?: string;
  force: boolean;
  json: boolean;
}

export async function exportRows(flags: Flags, what: string): Promise<void> {
  const format = formNamed(flags.format);
  const {
    base: _base,
    maxTokens: _maxTokens,
    ...reading
  } = readingOf({
    ...(flags.from === undefined ? {} : { format: flags.from }),
    ...(flags.recipe === undefined ? {} : { recipe: flags.recipe }),
    ...(flags.label === undefined ? {} : { label: flags.label }),
  });
  const file = resolve(flags.output ?? `${nameFor(what)}.${format}.${format === 'parquet' ? 'parquet' : 'jsonl'}`);
  if (existsSync(file) && !flags.force)
    throw new UsageError(`${file} is there already: name another file with --output, or add --force to replace it`);
  const exported = await withShelf((shelf) => exportData(what, format, file, shelf, reading));
  if (flags.json) return printJson({ file, format, ...exported });
  print(`${file}: ${exported.written} of ${exported.rows} rows`);
  if (exported.bad > 0) print(`  ${exported.bad} rows could not be read: \`anneal data inspect\` shows them`);
  for (const { what: lost, rows, firstLines } of exported.lost)
    print(
      `  not held by ${format}: ${lost}, in ${rows} rows (line ${firstLines.join(', ')}${rows > firstLines.length ? ', …' : ''})`,
    );
}

function formNamed(name: string): ExportName {
  const found = EXPORTS.find((form) => form === name);
  if (found) return found;
  const near = nearest(name, EXPORTS);
  throw new UsageError(
    `there is no export format "${name}": ${near ? `did you mean "${near}"?` : `the formats are ${EXPORTS.join(', ')}`}`,
  );
}

/** A file name out of a reference or path, with nothing in it that a shell or file system would mind. */
const nameFor = (what: string): string =>
  (what.split(/[/\\]/).at(-1) ?? '')
    .replace(/\.(jsonl?|csv|tsv|parquet|gz|zst)+$/gi, '')
    .replaceAll(/[^\w.@-]+/g, '-') || 'rows';
