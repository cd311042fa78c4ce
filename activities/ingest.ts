import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { enterArtifact } from '../artifacts/ledger/artifacts.ts';
import { datasetAt } from '../artifacts/ledger/datasets.ts';
import { refsOf } from '../artifacts/ledger/executions.ts';
import { findRun } from '../artifacts/ledger/runs.ts';
import { FORMATS } from '../configs/data.ts';
import { parseName } from '../configs/names.ts';
import { isDatasetRef, isFarUri } from '../configs/source-paths.ts';
import { terminal } from '../configs/failure.ts';
import type { ArtifactRef, Refs } from '../configs/refs.ts';
import { IntakeTally, takeIn, type IntakeOrder } from '../data/intake.ts';
import { writeLines } from '../data/lines.ts';
import { findFiles } from '../data/sources/find.ts';
import { readSql } from '../data/sources/sql.ts';
import { CONTAINERS, nameOf, type SourceFile } from '../data/sources/source.ts';
import type { TuneSettings } from '../adapters/contracts.ts';
import { saveRemoteBase } from './remote-models.ts';
import type { StepContext } from './step/context.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

const Origin = z.strictObject({
  /** Files, globs, folders, datasets of the ledger. */
  uris: z.array(z.string()),
  format: z.enum(['auto', ...FORMATS]),
  sql: z.string().optional(),
  connection: z.string().optional(),
});

export const IngestParams = z.strictObject({
  train: Origin,
  test: Origin.optional(),
  template: z.strictObject({ system: z.string().optional(), prompt: z.string(), completion: z.string() }).optional(),
  label: z.string().optional(),
  /** Columns that later steps need. */
  keep: z.array(z.string()),
  /** Those that are needed of test rows alone. */
  keepInTest: z.array(z.string()).optional(),
  maxBadShare: z.number(),
  maxRowBytes: z.int(),
  base: z.string(),
  revision: z.string().optional(),
  /** Settings of the tuner at which the base lies; absent: it lies on this machine. */
  tune: z.custom<TuneSettings>((value) => typeof value === 'object' && value !== null && 'tuner' in value).optional(),
});
export type IngestParams = z.infer<typeof IngestParams>;

/** What was noted about a source. A stored copy has no name that would tell what it contains. */
const SourceMeta = z.object({
  from: z.string().optional(),
  container: z.enum(CONTAINERS).default('jsonl'),
  compression: z.enum(['gzip', 'zstd']).optional(),
});

type Side = 'train' | 'test';

/**
 * Brings in what comes from outside: files, queries and the base model. Each gets a digest; rows are read into the
 * one form, and those that cannot be are put aside with file, line and reason.
 *
 * Outputs: `train`, `test` (Dataset: JSONL of rows), `base` (Model), `trainQuarantine` and `testQuarantine`
 * (Quarantine: JSONL of `{file, source, line, reason, row | excerpt}`) where there are bad rows.
 */
export function createIngest(deps: Deps): Step<IngestParams> {
  return defineStep(deps, {
    name: 'ingest',
    version: '2',
    params: IngestParams,
    // Where a file lies is no part of what it says.
    keyed: ({ train, test, base: _base, revision: _revision, tune: _tune, ...rest }) => ({
      ...rest,
      train: { ...train, uris: train.uris.length },
      ...(test ? { test: { ...test, uris: test.uris.length } } : {}),
    }),

    identity: async (context) => {
      const { train, test } = context.params;
      const inputs: Refs = { ...(await bringIn(context, 'train', train)) };
      if (test !== undefined) Object.assign(inputs, await bringIn(context, 'test', test));
      inputs['baseModel'] = await bringBase(context);
      return { inputs };
    },

    run: async (context) => {
      const { train, test } = context.params;
      const inputs = await refsOf(context.deps.ledger, context.executionId, 'in');
      const outputs: Refs = {};
      const facts: Record<string, number> = {};
      for (const [side, origin] of [
        ['train', train],
        ['test', test],
      ] as const) {
        if (origin === undefined) continue;
        const taken = await takeRows(context, side, origin, inputs);
        outputs[side] = taken.rows;
        if (taken.quarantine) outputs[`${side}Quarantine`] = taken.quarantine;
        facts[`${side}Rows`] = taken.good;
        facts[`${side}Bad`] = taken.bad;
      }
      return { outputs: { ...outputs, base: inputs['baseModel'] as ArtifactRef }, facts };
    },
  });
}

type Context = StepContext<IngestParams>;
type OriginParams = z.infer<typeof Origin>;

/** Stores the base model: its files, or the file that names one at a vendor. */
async function bringBase(context: Context): Promise<ArtifactRef> {
  const { base, revision, tune: settings } = context.params;
  if (settings) return saveRemoteBase(context, { name: base, settings });
  const found = await context.deps.models.resolve(base, revision, context.run.id, { signal: context.signal });
  return context.save(
    'Model',
    { folder: found.folder, only: found.files },
    { kind: 'base', from: base, ...(found.revision ? { revision: found.revision } : {}) },
  );
}

/** Role of the n-th source of a side, from 0. */
const roleOf = (side: Side, index: number): string => `${side}File${index === 0 ? '' : index + 1}`;

/** Stores every file as it came; its digest is the sha256 that `sha256sum` prints. What a database gives is stored as rows. */
async function bringIn(context: Context, side: Side, origin: OriginParams): Promise<Refs> {
  const { store, ledger } = context.deps;
  if (origin.connection !== undefined) {
    const snapshot = writeLines(join(context.scratch, `${side}-query.jsonl`));
    try {
      for await (const batch of readSql(orderOf(context, side, origin), [], context.signal)) {
        for (const found of batch) if ('value' in found) snapshot.write(found.value);
      }
    } finally {
      snapshot.close();
    }
    const from = `query of ${origin.connection}`;
    const ref = await enterArtifact(ledger, 'Source', await store.putFile(snapshot.path), { from, sql: origin.sql });
    await rm(snapshot.path);
    return { [roleOf(side, 0)]: ref };
  }
  const refs: ArtifactRef[] = [];
  const isFar = origin.uris.some(isFarUri);
  const far = isFar ? context.deps.far?.(await recipeOfRun(context)) : undefined;
  for (const uri of origin.uris) {
    if (isDatasetRef(uri)) refs.push(await datasetNamed(context, uri));
    else {
      for (const file of await findFiles([uri], far)) {
        const { container, compression } = file;
        const meta = { from: nameOf(file), generation: file.far?.generation, container, compression };
        refs.push(await enterArtifact(ledger, 'Source', await store.putFile(file.path), meta));
      }
    }
  }
  return Object.fromEntries(refs.map((ref, i) => [roleOf(side, i), ref]));
}

async function recipeOfRun({ deps, run }: Context): Promise<unknown> {
  return JSON.parse((await findRun(deps.ledger, run.id))?.recipe_json ?? '{}');
}

async function datasetNamed({ deps }: Context, uri: string): Promise<ArtifactRef> {
  if (uri.startsWith('sha256:')) return { digest: uri, type: 'Dataset' };
  const named = parseName(uri);
  const found = named && (await datasetAt(deps.ledger, named.name, named.version ?? 'latest'));
  if (!found)
    throw terminal('NoSuchDataset', `there is no dataset ${uri}: \`anneal data list\` shows those of this ledger`);
  return { digest: found.digest, type: 'Dataset' };
}

const orderOf = ({ params }: Context, side: Side, { uris, ...origin }: OriginParams): IntakeOrder => ({
  ...origin,
  uris,
  template: params.template,
  label: params.label,
  keep: side === 'test' ? [...params.keep, ...(params.keepInTest ?? [])] : params.keep,
  maxRowBytes: params.maxRowBytes,
});

interface RowsTaken {
  rows: ArtifactRef;
  quarantine?: ArtifactRef;
  good: number;
  bad: number;
}

async function takeRows(context: Context, side: Side, origin: OriginParams, inputs: Refs): Promise<RowsTaken> {
  const sources = await sourcesOf(context, side, origin, inputs);
  const names =
    origin.sql !== undefined && origin.connection === undefined ? ['the query'] : sources.map(({ from }) => from);
  const order = orderOf(context, side, origin);
  const tally = new IntakeTally(names, order, context.params.maxBadShare);
  const rows = writeLines(join(context.scratch, `${side}.jsonl`));
  const quarantine = writeLines(join(context.scratch, `${side}-quarantine.jsonl`));
  // What came from a database is rows by now.
  const stored: IntakeOrder = {
    ...(origin.connection === undefined ? order : { ...order, sql: undefined, connection: undefined }),
    trusted: new Set(sources.flatMap(({ isDataset }, i) => (isDataset ? [i] : []))),
  };
  try {
    for await (const taken of takeIn(stored, sources, context.signal)) {
      tally.add(taken);
      for (const row of taken.rows) rows.write(row);
      for (const bad of taken.bad) quarantine.write({ file: names[bad.source], ...bad });
    }
  } finally {
    rows.close();
    quarantine.close();
  }
  const { good, bad, problem, notes, counts } = tally;
  if (problem !== undefined && bad > 0) {
    // A run that stops because of bad rows still leaves them where a person can open them.
    const { digest } = await context.save('Quarantine', { file: quarantine.path }, { role: side });
    await context.log('quarantine', `all bad rows of ${side}: ${await context.deps.store.path(digest)}`);
  }
  tally.check();
  for (const note of notes) await context.log('quarantine', note);
  const from =
    names.length === sources.length
      ? sources.map((source, i) => ({ digest: source.digest, from: source.from, ...counts[i] }))
      : [{ from: `a query over ${sources.map((source) => source.from).join(', ')}`, ...counts[0] }];
  return {
    rows: await context.save(
      'Dataset',
      { file: rows.path },
      { rows: good, stage: 'ingested', from: fromOf(origin, names), sources: from },
    ),
    ...(bad > 0
      ? {
          quarantine: await context.save(
            'Quarantine',
            { file: quarantine.path },
            { rows: bad, from: fromOf(origin, names) },
          ),
        }
      : {}),
    good,
    bad,
  };
}

/** Where rows came from, in a few words. */
const fromOf = ({ uris, connection }: OriginParams, names: readonly string[]): string =>
  connection === undefined ? (names.length === 1 ? (names[0] as string) : uris.join(', ')) : `query of ${connection}`;

/** A source as it lies in the store. */
type StoredSource = SourceFile & { digest: string; from: string; isDataset: boolean };

/** The stored copies of a side's sources, read in place of the files, which may change meanwhile. */
async function sourcesOf(context: Context, side: Side, origin: OriginParams, inputs: Refs): Promise<StoredSource[]> {
  const found: StoredSource[] = [];
  for (let i = 0; inputs[roleOf(side, i)]; i += 1) {
    const { digest, type } = inputs[roleOf(side, i)] as ArtifactRef;
    const path = await context.deps.store.path(digest);
    const { from = origin.uris[i] ?? digest, container, compression } = SourceMeta.parse(await context.metaOf(digest));
    const packed = compression ? { compression } : {};
    found.push({
      path,
      bytes: (await stat(path)).size,
      container,
      ...packed,
      digest,
      from,
      isDataset: type === 'Dataset',
    });
  }
  return found;
}
