import type { Ledger } from '../artifacts/ledger/open.ts';
import { listExecutions, refsOf } from '../artifacts/ledger/executions.ts';
import type { ExecutionRow, RunRow } from '../artifacts/ledger/schema.ts';
import { namesOf } from '../artifacts/ledger/models.ts';
import type { Measure, Refs, RunOptions } from '../configs/refs.ts';
import type { JobProgress } from '../configs/progress.ts';
import { workflowUrl, type Address } from '../worker/connect.ts';

export interface StepDocument {
  name: string;
  /** `cached`: an earlier execution's outputs were taken over. `skipped`: not done, with the reason. */
  status: 'running' | 'completed' | 'cached' | 'skipped' | 'failed' | 'cancelled';
  cached: boolean;
  seconds: number;
  attempts: number;
  inputs: Record<string, string>;
  outputs: Record<string, string>;
  /** Why it was skipped, kept or made again. */
  reason?: string;
  cachedFrom?: string;
  facts?: Record<string, string | number | boolean | null>;
  cost?: Record<string, number>;
  error?: { type: string; message: string };
}

/** A run as programs see it: what `anneal run --json` and `anneal show --json` print. */
export interface RunDocument {
  runId: string;
  status: RunRow['status'];
  /** `tune`, `continuous`, `reconsider`, `backfill`. */
  kind: string;
  /** What set it going: `cli`, `schedule:NAME`, `trigger:WHO`, `watch:NAME`, `backfill:RUN`. */
  trigger: string;
  verdict: string | null;
  /** `name@vN` of what was registered, or of the champion that stayed; null until then. */
  model: string | null;
  steps: StepDocument[];
  metrics: Record<string, Measure>;
  temporal: { workflowId: string; url: string | null };
  /** The gate's reasons in words; of a run that was skipped, why. */
  reason?: string;
  /** Name of the period that it tuned. */
  period?: string;
  error?: { type: string; message: string };
  rerunOf?: string;
  /** Names in its own line that point to the model now. */
  names?: string[];
  /** What a run that is under way waits for. */
  waiting?: string;
  pipeline: string;
  startedBy: string;
  startedAt: string;
  endedAt: string | null;
  seconds: number;
}

/** Reads a run with its steps off the ledger. */
export async function runDocument(ledger: Ledger, run: RunRow, at: Address | undefined): Promise<RunDocument> {
  const rows = await listExecutions(ledger, run.id);
  const steps = await Promise.all(rows.map((row) => stepDocument(ledger, row)));
  const metrics = Object.assign(
    {},
    ...rows.map((row) => JSON.parse(row.metrics_json) as Record<string, Measure>),
  ) as Record<string, Measure>;
  const gate = steps.findLast(({ facts }) => facts?.['verdict'] !== undefined);
  // What a whole run came to, such as why it was skipped, says less than its gate, where it has one.
  const reason = gate?.facts?.['reason'] ? String(gate.facts['reason']) : (run.reason ?? undefined);
  const model = steps.findLast(({ outputs }) => outputs['model'])?.outputs['model'];
  const { rerun } = JSON.parse(run.options_json) as RunOptions;
  return {
    runId: run.id,
    status: run.status,
    kind: run.kind,
    trigger: run.trigger,
    verdict: run.verdict,
    model: run.model_ref,
    steps,
    metrics,
    temporal: { workflowId: run.workflow_id, url: at ? workflowUrl(at, run.workflow_id, run.temporal_run_id) : null },
    ...(reason === undefined ? {} : { reason }),
    ...(run.period === null ? {} : { period: run.period }),
    ...(run.error_json === null ? {} : { error: JSON.parse(run.error_json) as RunDocument['error'] & object }),
    ...(rerun ? { rerunOf: rerun.of } : {}),
    ...(model ? { names: (await namesOf(ledger, model)).filter((name) => name.startsWith(`${run.model}@`)) } : {}),
    ...(run.waiting === null ? {} : { waiting: run.waiting }),
    pipeline: run.pipeline,
    startedBy: run.started_by,
    startedAt: run.started_at,
    endedAt: run.ended_at,
    seconds: secondsBetween(run.started_at, run.ended_at),
  };
}

async function stepDocument(ledger: Ledger, row: ExecutionRow): Promise<StepDocument> {
  const [inputs, outputs] = await Promise.all([refsOf(ledger, row.id, 'in'), refsOf(ledger, row.id, 'out')]);
  const facts = JSON.parse(row.facts_json) as StepDocument['facts'] & object;
  const cost = JSON.parse(row.cost_json) as StepDocument['cost'] & object;
  return {
    name: row.instance,
    status: row.status === 'completed' && row.cached_from !== null ? 'cached' : row.status,
    cached: row.cached_from !== null,
    seconds: secondsBetween(row.started_at, row.ended_at),
    attempts: row.attempt,
    inputs: digests(inputs),
    outputs: digests(outputs),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.cached_from === null ? {} : { cachedFrom: row.cached_from }),
    ...(Object.keys(facts).length > 0 ? { facts } : {}),
    ...(Object.keys(cost).length > 0 ? { cost } : {}),
    ...(row.error_json === null ? {} : { error: JSON.parse(row.error_json) as StepDocument['error'] & object }),
  };
}

/** How far a running step is, as it last said. */
export function progressOf(row: ExecutionRow): JobProgress | undefined {
  return row.progress_json === null ? undefined : (JSON.parse(row.progress_json) as JobProgress);
}

const digests = (refs: Refs): Record<string, string> =>
  Object.fromEntries(Object.entries(refs).map(([role, { digest }]) => [role, digest]));

/** Seconds from start to end, or to now, in milliseconds' precision. */
export function secondsBetween(start: string, end: string | null): number {
  return Math.max(0, (end === null ? Date.now() : Date.parse(end)) - Date.parse(start)) / 1000;
}
