import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { enterArtifact, findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { findExecution, noteExecution, type Outcome } from '../../artifacts/ledger/executions.ts';
import { claimKeyOf } from '../../artifacts/ledger/job-claims.ts';
import { recordEvent } from '../../artifacts/ledger/runs.ts';
import type { ArtifactRef, ArtifactType, Refs, RunRef } from '../../configs/refs.ts';
import { terminal } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';
import type { Deps } from './deps.ts';

/** What a step's own code sees. */
export interface StepContext<Params> {
  readonly params: Params;
  readonly inputs: Refs;
  readonly run: RunRef;
  readonly executionId: string;
  /** Name of the execution within the run. */
  readonly instance: string;
  /** Unique within the store of jobs; the same for every attempt. */
  readonly jobKey: string;
  readonly deps: Deps;
  /** What the run holds for the step's work, and has to keep. */
  readonly lease: string | undefined;
  readonly signal: AbortSignal;
  /** An empty folder, removed when the attempt ends. */
  readonly scratch: string;
  /** The ref of an input. @throws when the step was called without it. */
  input(role: string): ArtifactRef;
  /** Path of a checked local copy of an input. */
  pathOf(role: string): Promise<string>;
  /** Stores text, a file or a folder as an artifact. */
  save(
    type: ArtifactType,
    what: { text: string } | { file: string } | { folder: string; only?: readonly string[] },
    meta?: Record<string, unknown>,
  ): Promise<ArtifactRef>;
  /** What was noted about an artifact when it was made. */
  metaOf(digest: string): Promise<Record<string, unknown>>;
  /** What `identity` gave as parts of the key, by name: exactly what the key was made of. */
  identityParts(): Promise<ReadonlyMap<string, string>>;
  /** Tells how far the step is; shown by `anneal run` and in the Temporal UI. */
  progress(progress: JobProgress): void;
  /** Writes a line into the step's log. */
  log(kind: string, message: string): Promise<void>;
}

/** How a step is declared; the wrapper does everything else. */
export interface StepDefinition<Params> {
  name: string;
  /** Raised when the step's meaning changes, so that older results are no longer taken over. */
  version: string;
  params: z.ZodType<Params>;
  /** What of the params is part of the cache key; default: all. A file's path is left out, its content counts. */
  keyed?(params: Params): unknown;
  /** Set for a step that acts on what changes (aliases): it is done every time, and earlier results are not taken over. */
  always?: boolean;
  /** Further named parts of the key (versions, digests of what comes from outside) and inputs found on the way. */
  identity?(context: StepContext<Params>): Promise<{ parts?: Record<string, string>; inputs?: Refs }>;
}

/** What a step's own code gives back. */
export interface Made {
  outputs: Refs;
  metrics?: Outcome['metrics'];
  facts?: Outcome['facts'];
  cost?: Outcome['cost'];
  /** Set when everything was already as it should be, with the execution that made it so. */
  unchangedSince?: string;
}

export interface Watch {
  signal: AbortSignal;
  progress(progress: JobProgress): void;
}

/** Makes the context; `dispose` removes its scratch folder, which is made when it is asked for. */
export function makeContext<Params>(
  deps: Deps,
  call: { run: RunRef; params: Params; inputs: Refs; lease?: string },
  executionId: string,
  watch: Watch,
): StepContext<Params> & { dispose(): Promise<void> } {
  let scratch: string | undefined;
  const { run, params, inputs } = call;
  const instance = executionId.slice(run.id.length + 1);
  const input = (role: string): ArtifactRef => {
    const ref = inputs[role];
    if (!ref) throw terminal('MissingInput', `step ${instance} was called without its input "${role}"`);
    return ref;
  };
  return {
    params,
    inputs,
    run,
    executionId,
    instance,
    jobKey: claimKeyOf(run.id, instance),
    deps,
    lease: call.lease,
    signal: watch.signal,
    get scratch() {
      mkdirSync(deps.scratch, { recursive: true });
      scratch ??= mkdtempSync(join(deps.scratch, 'step-'));
      return scratch;
    },
    input,
    pathOf: (role) => deps.store.path(input(role).digest),
    save: async (type, what, meta) => {
      const { store, ledger } = deps;
      const stored =
        'text' in what
          ? await store.putBytes(what.text)
          : 'file' in what
            ? await store.putFile(what.file)
            : await store.putFolder(what.folder, what.only);
      return enterArtifact(ledger, type, stored, meta);
    },
    metaOf: async (digest) =>
      JSON.parse((await findArtifact(deps.ledger, digest))?.meta_json ?? '{}') as Record<string, unknown>,
    identityParts: async () => {
      const row = await findExecution(deps.ledger, run.id, instance);
      const parts = JSON.parse(row?.parts_json ?? '{}') as Record<string, string>;
      return new Map(Object.entries(parts).map(([name, value]) => [name.replace(/^identity\./, ''), value]));
    },
    progress: (progress) => {
      watch.progress(progress);
      noteExecution(deps.ledger, executionId, { progress }).catch((error: unknown) =>
        console.error(`progress of ${executionId} not noted: ${String(error)}`),
      );
    },
    log: (kind, message) => recordEvent(deps.ledger, { runId: run.id, instance, kind, message }),
    dispose: async () => {
      if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
    },
  };
}
