import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findArtifact, findByPrefix } from '../../artifacts/ledger/artifacts.ts';
import { datasetAt, datasetNamesOf } from '../../artifacts/ledger/datasets.ts';
import { refsOf } from '../../artifacts/ledger/executions.ts';
import { versionNamed } from '../../artifacts/ledger/models.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { findRun } from '../../artifacts/ledger/runs.ts';
import type { Store } from '../../artifacts/store.ts';
import type { FormatName } from '../../configs/data.ts';
import { terminal } from '../../configs/failure.ts';
import { parseName } from '../../configs/names.ts';
import { takeIn, type BadRow, type IntakeOrder } from '../../data/intake.ts';
import { readLines } from '../../data/lines.ts';
import { guessLabel } from '../../data/loose.ts';
import type { Row } from '../../data/row.ts';
import { findFiles } from '../../data/sources/find.ts';
import { isFarUri } from '../../configs/source-paths.ts';
import { farFiles, SHORT_PATIENCE } from '../far.ts';
import { readBatches } from '../../data/sources/read.ts';
import { nameOf, type SourceFile } from '../../data/sources/source.ts';

/** Where datasets are looked up; a place without state has none. */
export interface Shelf {
  ledger: Ledger;
  store: Store;
}

/** How rows of files are to be understood. */
export interface Reading {
  format?: FormatName | 'auto' | undefined;
  template?: IntakeOrder['template'];
  label?: string | undefined;
  /** Columns that are kept as such, though the template uses them. */
  keep?: readonly string[] | undefined;
  /** Rows of columns may come without a template. */
  loose?: boolean | undefined;
  maxRowBytes?: number | undefined;
}

/** Rows that were found under a name. */
export interface OpenedData {
  /** For people. */
  name: string;
  /** Of a dataset in the store. */
  digest?: string | undefined;
  /** The files behind the rows, by number of the source. */
  sources: { from: string; digest?: string | undefined; bytes?: number | undefined }[];
  /** The class of a row is this column; `guessed` when nobody said so. */
  label?: { column: string; guessed: boolean } | undefined;
  /** Rows in batches, from the beginning each time. */
  rows(): AsyncIterable<Row[]>;
  /** Records that could not be read in the last pass: how many, and the first of them. */
  bad: { rows: number; first: BadRow[] };
}

const MAX_ROW_BYTES = 64 * 2 ** 20;
const BAD_SHOWN = 20;

/**
 * Opens what a person names: a file, glob or folder, here or in Cloud Storage; a dataset (digest, beginning of one, `name@v1`, `name`); a model
 * or a run, for the rows it was trained on.
 *
 * @throws TerminalError `NoSuchData` and those of files.
 */
export async function openData(what: string, shelf: Shelf | undefined, reading: Reading = {}): Promise<OpenedData> {
  if (isFarUri(what)) return openFiles(what, reading);
  if (existsSync(resolve(what.split('#')[0] as string)) || /[*?[\]/\\]|\.\w+$/.test(what.replace(/@v\d+$/, ''))) {
    const isName = shelf && !existsSync(resolve(what.split('#')[0] as string)) && (await findDataset(shelf, what));
    if (!isName) return openFiles(what, reading);
  }
  const digest = shelf && (await findDataset(shelf, what));
  if (!shelf || digest === undefined) {
    throw terminal(
      'NoSuchData',
      `there is neither a file nor a dataset "${what}": give a path, a digest, name@v1, or a run; \`anneal data list\` shows the datasets`,
    );
  }
  return openDataset(shelf, digest, what);
}

/** The digest of the dataset that a reference stands for. */
export async function findDataset({ ledger }: Shelf, what: string): Promise<string | undefined> {
  // A name alone is the newest dataset of it.
  const named = parseName(what.includes('@') ? what : `${what}@latest`);
  if (named) {
    const { name, version = 'latest', alias = 'latest' } = named;
    const dataset = alias === 'latest' ? await datasetAt(ledger, name, version) : undefined;
    if (dataset) return dataset.digest;
    const model = what.includes('@') ? await versionNamed(ledger, named) : undefined;
    if (model) return trainedOn(ledger, model.digest);
  }
  const hex = what.replace(/^sha256:/, '').toLowerCase();
  if (/^[0-9a-f]{4,64}$/.test(hex)) {
    const found = await findByPrefix(ledger, hex);
    if (found.length > 1) {
      const message = `"${what}" is the beginning of several digests: give more of it`;
      throw terminal('NoSuchData', message);
    }
    const [one] = found;
    if (one?.type === 'Model') return trainedOn(ledger, one.digest);
    if (one) return one.digest;
  }
  const run = await findRun(ledger, what);
  if (!run) return undefined;
  for (const step of ['synthesize', 'prepare', 'ingest']) {
    const { train } = await refsOf(ledger, `${run.id}/${step}`, 'out');
    if (train) return train.digest;
  }
  return undefined;
}

/** The rows that a model was tuned on. */
async function trainedOn(ledger: Ledger, model: string): Promise<string | undefined> {
  const made = await ledger
    .selectFrom('edges')
    .select('execution_id')
    .where('digest', '=', model)
    .where('direction', '=', 'out')
    .where('role', '=', 'model')
    .executeTakeFirst();
  return made && (await refsOf(ledger, made.execution_id, 'in'))['train']?.digest;
}

async function openFiles(what: string, reading: Reading): Promise<OpenedData> {
  const files = await findFiles([isFarUri(what) ? what : resolve(what)], farFiles(undefined, {}, SHORT_PATIENCE));
  const guessed = reading.loose === true && reading.label === undefined ? await guessOf(files) : undefined;
  const column = reading.label ?? guessed;
  const order: IntakeOrder = {
    uris: [],
    format: reading.format ?? 'auto',
    template: reading.template,
    label: column,
    keep: reading.keep,
    loose: reading.loose,
    maxRowBytes: reading.maxRowBytes ?? MAX_ROW_BYTES,
  };
  return opened(
    {
      name: what,
      sources: files.map((file) => ({ from: nameOf(file), bytes: file.bytes })),
      label: column === undefined ? undefined : { column, guessed: guessed !== undefined },
    },
    order,
    files,
  );
}

async function openDataset({ ledger, store }: Shelf, digest: string, what: string): Promise<OpenedData> {
  const row = await findArtifact(ledger, digest);
  const meta = JSON.parse(row?.meta_json ?? '{}') as { from?: string };
  const [named] = await datasetNamesOf(ledger, digest);
  if (row?.type !== 'Dataset' && row?.type !== 'Source' && row?.type !== 'Quarantine') {
    const message = `${digest.slice(0, 19)} is a ${row?.type ?? 'thing unknown here'}, not a dataset: give the digest of a Dataset, or name@v1`;
    throw terminal('NoSuchData', message);
  }
  const about = {
    name: named ? `${named.name}@v${named.version}` : what,
    digest,
    sources: (await sourcesOf(ledger, digest)) ?? [{ from: meta.from ?? digest, digest, bytes: row.bytes }],
  };
  const path = await store.path(digest);
  if (row.type === 'Dataset') return { ...about, bad: { rows: 0, first: [] }, rows: () => storedRows(path) };
  const file: SourceFile = { path, bytes: (await stat(path)).size, container: 'jsonl' };
  return opened(about, { uris: [], format: 'auto', maxRowBytes: Number.POSITIVE_INFINITY }, [file]);
}

/** Generations of datasets between a prepared one and the files it came from. */
const MAX_STEPS = 8;

/** The files that the rows of a dataset came from, whose numbers the rows carry. */
async function sourcesOf(
  ledger: Ledger,
  digest: string,
  steps = MAX_STEPS,
): Promise<OpenedData['sources'] | undefined> {
  const { sources } = JSON.parse((await findArtifact(ledger, digest))?.meta_json ?? '{}') as {
    sources?: OpenedData['sources'];
  };
  if (sources || steps === 0) return sources;
  const made = await ledger
    .selectFrom('edges')
    .select(['execution_id', 'role'])
    .where('digest', '=', digest)
    .where('direction', '=', 'out')
    .executeTakeFirst();
  if (!made) return undefined;
  const { train, test } = await refsOf(ledger, made.execution_id, 'in');
  const above = made.role === 'test' ? (test ?? train) : train;
  return above && sourcesOf(ledger, above.digest, steps - 1);
}

/** Rows as preparation left them, place and all; a test row with its answer. */
async function* storedRows(path: string): AsyncGenerator<Row[]> {
  for (const batch of readLines<Row & { reference?: string }>(path)) {
    yield batch.map(({ reference, ...row }) =>
      reference === undefined
        ? row
        : { ...row, messages: [...row.messages, { role: 'assistant' as const, content: reference }] },
    );
  }
}

function opened(about: Omit<OpenedData, 'rows' | 'bad'>, order: IntakeOrder, files: readonly SourceFile[]): OpenedData {
  const data: OpenedData = {
    ...about,
    bad: { rows: 0, first: [] },
    async *rows() {
      data.bad = { rows: 0, first: [] };
      for await (const { rows, bad } of takeIn(order, files)) {
        data.bad.rows += bad.length;
        data.bad.first.push(...bad.slice(0, BAD_SHOWN - data.bad.first.length));
        yield rows;
      }
    },
  };
  return data;
}

async function guessOf(files: readonly SourceFile[]): Promise<string | undefined> {
  const [file] = files;
  if (!file) return undefined;
  const values: Record<string, unknown>[] = [];
  for await (const batch of readBatches(file, { maxRowBytes: MAX_ROW_BYTES })) {
    for (const found of batch) if ('value' in found) values.push(found.value);
    if (values.length >= 2000) break;
  }
  return guessLabel(values.slice(0, 2000));
}
