import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { nearest } from '../../../configs/nearest.ts';
import { isFarUri } from '../../../configs/source-paths.ts';
import type { Reading } from '../../../worker/datasets/open.ts';
import { EXPORTS, exportData, exportFar, type ExportName } from '../../../worker/datasets/export.ts';
import { UsageError } from '../../command.ts';
import { print, printJson, tell } from '../../output.ts';
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
  // Text goes where the shell sends it; a binary file, or a JSON document about the export, needs a file beside it.
  if (flags.output === undefined && format !== 'parquet' && !flags.json) return toStdout(what, format, reading);
  if (flags.output !== undefined && isFarUri(flags.output)) {
    const to = { uri: flags.output, replace: flags.force };
    const exported = await withShelf((shelf) => exportFar(what, format, to, shelf, reading));
    if (flags.json) return printJson({ file: to.uri, format, ...exported });
    print(`${to.uri}: ${exported.written} of ${exported.rows} rows`);
    for (const line of shortcomings(exported, format)) print(line);
    return;
  }
  const file = resolve(flags.output ?? `${nameFor(what)}.${format}.${format === 'parquet' ? 'parquet' : 'jsonl'}`);
  if (existsSync(file) && !flags.force)
    throw new UsageError(`${file} is there already: name another file with --output, or add --force to replace it`);
  const exported = await withShelf((shelf) => exportData(what, format, file, shelf, reading));
  if (flags.json) return printJson({ file, format, ...exported });
  print(`${file}: ${exported.written} of ${exported.rows} rows`);
  for (const line of shortcomings(exported, format)) print(line);
}

async function toStdout(what: string, format: ExportName, reading: Reading): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'anneal-export-'));
  try {
    const file = join(folder, 'rows.jsonl');
    const exported = await withShelf((shelf) => exportData(what, format, file, shelf, reading));
    await pipeline(createReadStream(file), process.stdout, { end: false });
    tell(`${exported.written} of ${exported.rows} rows`);
    for (const line of shortcomings(exported, format)) tell(line);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is not in the file, and where it was. */
function shortcomings({ bad, lost }: Awaited<ReturnType<typeof exportData>>, format: string): string[] {
  return [
    ...(bad > 0 ? [`  ${bad} rows could not be read: \`anneal data inspect\` shows them`] : []),
    ...lost.map(
      ({ what, rows, firstLines }) =>
        `  not held by ${format}: ${what}, in ${rows} rows (line ${firstLines.join(', ')}${rows > firstLines.length ? ', …' : ''})`,
    ),
  ];
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
