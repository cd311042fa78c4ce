import { terminal } from '../../configs/failure.ts';
import { readBytes } from './bytes.ts';
import { Damage } from './damage.ts';
import { unreadable } from './file.ts';
import { JsonSplitter } from './json.ts';
import { JsonlSplitter } from './jsonl.ts';
import type { Container, FoundRecord, SourceFile, SourceOrder, Splitter } from './source.ts';

type Batches = AsyncGenerator<FoundRecord[]>;
type Reader = (file: SourceFile, maxRowBytes: number, signal?: AbortSignal) => Batches;

const READERS: Record<Container, Reader> = {
  jsonl: (file, most, signal) => readText(new JsonlSplitter(most), file, signal),
  json: (file, most, signal) => readText(new JsonSplitter(most), file, signal),
  // Loaded when they are needed: their libraries take more memory than the rows of a text file do.
  csv: async function* (file, most, signal) {
    const { CsvSplitter } = await import('./csv.ts');
    yield* readText(new CsvSplitter(file.path, most), file, signal);
  },
  tsv: async function* (file, most, signal) {
    const { CsvSplitter } = await import('./csv.ts');
    yield* readText(new CsvSplitter(file.path, most, '\t'), file, signal);
  },
  parquet: async function* (file, most, signal) {
    yield* (await import('./parquet.ts')).readParquet(file, most, signal);
  },
  arrow: async function* (file, most, signal) {
    yield* (await import('./arrow.ts')).readArrow(file, most, signal);
  },
};

/**
 * The records of a file in batches of a few hundred, in constant memory; row by row the iteration alone would
 * take longer than the parsing.
 * @throws TerminalError `BadData` for a file that is cut short or damaged, after the records before that.
 */
export async function* readBatches(
  file: SourceFile,
  { maxRowBytes }: Pick<SourceOrder, 'maxRowBytes'>,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord[]> {
  signal?.throwIfAborted();
  for await (const batch of READERS[file.container](file, maxRowBytes, signal)) {
    if (batch.length > 0) yield batch;
    signal?.throwIfAborted();
  }
}

/** {@link readBatches}, one record at a time. */
export async function* readSource(
  file: SourceFile,
  order: Pick<SourceOrder, 'maxRowBytes'>,
  signal?: AbortSignal,
): AsyncGenerator<FoundRecord> {
  for await (const batch of readBatches(file, order, signal)) yield* batch;
}

async function* readText(splitter: Splitter, file: SourceFile, signal?: AbortSignal): Batches {
  try {
    for await (const chunk of readBytes(file, signal)) yield splitter.push(chunk);
    yield splitter.end();
  } catch (error) {
    if (!(error instanceof Damage)) throw unreadable(file.path, error) ?? error;
    const { lastGood } = splitter;
    const until = lastGood === 0 ? 'No row before that is whole' : `The last good row is on line ${lastGood}`;
    throw terminal(
      'BadData',
      `${file.path} is ${error.kind}: ${error.message}. ${until}. Export the file again`,
      { file: file.path, line: lastGood },
      error,
    );
  }
}
