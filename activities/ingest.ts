import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { enterArtifact } from '../artifacts/ledger/artifacts.ts';
import { refsOf } from '../artifacts/ledger/executions.ts';
import { terminal } from '../configs/failure.ts';
import type { ArtifactRef, Refs } from '../configs/refs.ts';
import { checkRowsFile, readRows, RowTally } from '../data/rows-file.ts';
import type { StepContext } from './step/context.ts';
import { defineStep, type Step } from './step/define.ts';
import type { Deps } from './step/deps.ts';

export const IngestParams = z.strictObject({
  train: z.string(),
  test: z.string().optional(),
  /** Columns that the template needs. */
  columns: z.array(z.string()),
  maxBadShare: z.number(),
  maxRowBytes: z.int(),
  base: z.string(),
  revision: z.string().optional(),
});
export type IngestParams = z.infer<typeof IngestParams>;

/**
 * Brings in what comes from outside: the row files, read line by line, and the base model. Each gets a digest;
 * rows that cannot be used are put aside with their line and the reason.
 *
 * Outputs: `train`, `test` (Dataset: JSONL of `{line, row}`), `base` (Model), `trainQuarantine` and
 * `testQuarantine` (Quarantine: JSONL of `{line, reason, excerpt}`) where there are bad rows.
 */
export function createIngest(deps: Deps): Step<IngestParams> {
  return defineStep(deps, {
    name: 'ingest',
    version: '1',
    params: IngestParams,
    keyed: ({ columns, maxBadShare, maxRowBytes }) => ({ columns, maxBadShare, maxRowBytes }),

    identity: async (context) => {
      const { train, test, base, revision } = context.params;
      const inputs: Refs = { trainFile: await source(context, train) };
      if (test !== undefined) inputs['testFile'] = await source(context, test);
      const found = await deps.models.resolve(base, revision, context.run.id, { signal: context.signal });
      const { digest } = await context.save(
        'Model',
        { folder: found.folder, only: found.files },
        { kind: 'base', from: base, ...(found.revision ? { revision: found.revision } : {}) },
      );
      inputs['baseModel'] = { digest, type: 'Model' };
      return { inputs };
    },

    run: async (context) => {
      const { train, test } = context.params;
      const outputs: Refs = {};
      const facts: Record<string, number> = {};
      for (const [role, file] of [
        ['train', train],
        ['test', test],
      ] as const) {
        if (file === undefined) continue;
        const read = await takeRows(context, role, file);
        outputs[role] = read.rows;
        if (read.quarantine) outputs[`${role}Quarantine`] = read.quarantine;
        facts[`${role}Rows`] = read.good;
        facts[`${role}Bad`] = read.bad;
      }
      const base = await baseRef(context);
      return { outputs: { ...outputs, base }, facts };
    },
  });
}

/** The base model that `identity` has stored and noted as an input. */
async function baseRef(context: StepContext<IngestParams>): Promise<ArtifactRef> {
  return (await refsOf(context.deps.ledger, context.executionId, 'in'))['baseModel'] as ArtifactRef;
}

/** Stores a file as it came; its digest is the sha256 that `sha256sum` prints. */
async function source(context: StepContext<IngestParams>, file: string): Promise<ArtifactRef> {
  const { store, ledger } = context.deps;
  await checkRowsFile(file);
  return enterArtifact(ledger, 'Source', await store.putFile(file), { from: file });
}

interface RowsRead {
  rows: ArtifactRef;
  quarantine?: ArtifactRef;
  good: number;
  bad: number;
}

async function takeRows(context: StepContext<IngestParams>, role: string, file: string): Promise<RowsRead> {
  const { columns, maxBadShare } = context.params;
  const rows = createLines(join(context.scratch, `${role}.jsonl`));
  const quarantine = createLines(join(context.scratch, `${role}-quarantine.jsonl`));
  const tally = new RowTally();
  for await (const found of readRows(file, context.params)) {
    context.signal.throwIfAborted();
    tally.add(found);
    if ('reason' in found) await quarantine.add({ line: found.line, reason: found.reason, excerpt: found.excerpt });
    else await rows.add({ line: found.line, row: found.row });
  }
  await rows.end();
  await quarantine.end();
  const { good, bad, first } = tally;
  const problem = tally.problem(file, columns, maxBadShare);
  if (problem !== undefined) {
    if (bad > 0) await keepQuarantine(context, role, quarantine.path);
    throw terminal(bad > 0 ? 'TooManyBadRows' : 'EmptyData', problem, {
      file,
      line: first?.line ?? 0,
      bad,
      rows: tally.rows,
    });
  }
  const note = tally.note(file);
  if (note !== undefined) await context.log('quarantine', note);
  return {
    rows: await context.save('Dataset', { file: rows.path }, { rows: good, stage: 'ingested', from: file }),
    ...(bad > 0
      ? { quarantine: await context.save('Quarantine', { file: quarantine.path }, { rows: bad, from: file }) }
      : {}),
    good,
    bad,
  };
}

/** A run that stops because of bad rows still leaves them where a person can open them. */
async function keepQuarantine(context: StepContext<IngestParams>, role: string, path: string): Promise<void> {
  const { digest } = await context.save('Quarantine', { file: path }, { role });
  await context.log('quarantine', `all bad rows of the ${role} file: ${await context.deps.store.path(digest)}`);
}

/** Writes JSON lines to a file, waiting when the disk is slower. */
function createLines(path: string): { path: string; add(value: unknown): Promise<void>; end(): Promise<void> } {
  const stream = createWriteStream(path);
  let failure: Error | undefined;
  stream.on('error', (error) => (failure = error));
  return {
    path,
    add: async (value) => {
      if (failure) throw failure;
      if (!stream.write(`${JSON.stringify(value)}\n`)) await once(stream, 'drain');
    },
    end: async () => {
      stream.end();
      await once(stream, 'close');
      if (failure) throw failure;
    },
  };
}
