import { basename, isAbsolute } from 'node:path';
import { idOf } from '../../adapters/google/ids.ts';
import { labelValue } from '../../adapters/remote/labels.ts';
import type { JsonValue, WantedGraph } from '../../adapters/mirror.ts';
import { artifactUri } from '../../artifacts/address.ts';
import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { listExecutions, outcomeOf, refsOf } from '../../artifacts/ledger/executions.ts';
import { mirroredOf } from '../../artifacts/ledger/mirrored.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { ArtifactRow, ExecutionRow, RunRow } from '../../artifacts/ledger/schema.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import type { Recipe } from '../../configs/recipe.ts';
import type { Measure } from '../../configs/refs.ts';

const RUN_STATES: Record<RunRow['status'], string> = {
  running: 'RUNNING',
  completed: 'COMPLETE',
  skipped: 'COMPLETE',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

/** A run as ML Metadata and Experiments should show it. */
export async function wantedGraph(
  ledger: Ledger,
  run: RunRow,
  { metadata, experiments }: { metadata: boolean; experiments: boolean },
): Promise<WantedGraph> {
  const recipe = JSON.parse(run.recipe_json) as Recipe;
  const executions = (await listExecutions(ledger, run.id)).filter(({ status }) => status !== 'skipped');
  const artifacts = new Map<string, WantedGraph['artifacts'][number]>();
  const nodes: WantedGraph['executions'] = [];
  const events: WantedGraph['events'] = [];
  const metrics: Record<string, JsonValue> = {};
  for (const row of executions) {
    const execution = idOf(`anneal-${row.id}`);
    const outcome = await outcomeOf(ledger, row);
    Object.assign(
      metrics,
      flat(outcome.metrics, (name) => (name in metrics ? `${row.instance}.${name}` : name)),
    );
    nodes.push(executionNode(row, execution, outcome));
    for (const [direction, type] of [
      ['in', 'INPUT'],
      ['out', 'OUTPUT'],
    ] as const)
      for (const { digest } of Object.values(await refsOf(ledger, row.id, direction))) {
        const artifact = artifactId(digest);
        events.push({ execution, artifact, type });
        const found = artifacts.has(artifact) ? undefined : await findArtifact(ledger, digest);
        if (found) artifacts.set(artifact, await artifactNode(ledger, found));
      }
  }
  const labels = { anneal_line: labelValue(run.pipeline), anneal_run: labelValue(run.id) };
  const end = {
    ...(run.verdict === null ? {} : { verdict: run.verdict }),
    ...(run.model_ref === null ? {} : { model: run.model_ref }),
  };
  const line = idOf(`anneal-${run.pipeline}`, 60);
  const name = idOf(run.id, 60);
  const contexts: WantedGraph['contexts'] = [
    ...(metadata
      ? [
          shared({ id: `${line}-line`, title: 'system.Pipeline', displayName: run.pipeline, metadata: {} }, run),
          {
            id: `${line}-line-${name}`,
            title: 'system.PipelineRun',
            displayName: name,
            labels,
            metadata: { run: run.id, status: run.status, kind: run.kind, trigger: run.trigger, ...end },
            parent: `${line}-line`,
            hasMembers: true,
            isShared: false,
          },
        ]
      : []),
    ...(experiments
      ? [
          shared(
            { id: line, title: 'system.Experiment', displayName: line, metadata: { experiment_deleted: false } },
            run,
          ),
          {
            // The Python SDK finds a run of an experiment under EXPERIMENT-RUN, with these three keys.
            id: `${line}-${name}`,
            title: 'system.ExperimentRun',
            displayName: name,
            labels,
            metadata: {
              _params: paramsOf(recipe),
              _metrics: { ...metrics, ...end },
              _state: RUN_STATES[run.status],
            },
            parent: line,
            hasMembers: metadata,
            isShared: false,
          },
        ]
      : []),
  ];
  return {
    key: run.id,
    contexts,
    artifacts: metadata ? [...artifacts.values()] : [],
    executions: metadata ? nodes : [],
    events: metadata ? unique(events) : [],
  };
}

/** A context that all runs of a line have in common. */
const shared = (
  node: Pick<WantedGraph['contexts'][number], 'id' | 'title' | 'displayName' | 'metadata'>,
  run: RunRow,
): WantedGraph['contexts'][number] => ({
  ...node,
  labels: { anneal_line: labelValue(run.pipeline) },
  hasMembers: false,
  isShared: true,
});

const artifactId = (digest: string): string => `anneal-${digest.replace('sha256:', '')}`;

const SCHEMAS: Record<string, string> = {
  Dataset: 'system.Dataset',
  Source: 'system.Dataset',
  Arrivals: 'system.Dataset',
  Model: 'system.Model',
};

async function artifactNode(ledger: Ledger, row: ArtifactRow): Promise<WantedGraph['artifacts'][number]> {
  const copies = row.type === 'Model' ? await mirroredOf(ledger, [row.digest]) : [];
  const resourceName = copies.find(({ kind }) => kind === 'model')?.name;
  const { rows } = JSON.parse(row.meta_json) as { rows?: unknown };
  return {
    id: artifactId(row.digest),
    title: SCHEMAS[row.type] ?? 'system.Artifact',
    displayName: `${row.type} ${row.digest.slice(7, 19)}`,
    labels: {},
    uri: row.store === null ? '' : artifactUri(row.store, row),
    metadata: {
      digest: row.digest,
      type: row.type,
      bytes: row.bytes,
      files: row.files,
      ...(typeof rows === 'number' ? { rows } : {}),
      ...(resourceName === undefined ? {} : { resourceName }),
    },
  };
}

const EXECUTION_STATES: Record<string, 'RUNNING' | 'COMPLETE' | 'FAILED' | 'CANCELLED'> = {
  running: 'RUNNING',
  completed: 'COMPLETE',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

function executionNode(
  row: ExecutionRow,
  id: string,
  {
    metrics,
    facts,
    cost,
  }: { metrics: Record<string, Measure>; facts: Record<string, JsonValue>; cost: Record<string, number> },
): WantedGraph['executions'][number] {
  return {
    id,
    title: 'system.Run',
    displayName: row.instance.slice(0, 128),
    labels: { anneal_run: labelValue(row.run_id) },
    state: row.cached_from === null ? (EXECUTION_STATES[row.status] ?? 'COMPLETE') : 'CACHED',
    metadata: {
      run: row.run_id,
      step: row.step,
      startedAt: row.started_at,
      ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
      ...(row.cache_key === null ? {} : { cacheKey: row.cache_key }),
      ...(Object.keys(metrics).length > 0 ? { metrics: flat(metrics) } : {}),
      ...(Object.keys(facts).length > 0 ? { facts } : {}),
      ...(Object.keys(cost).length > 0 ? { cost } : {}),
    },
  };
}

/** Measures side by side: the value, its interval and how many items it is of. */
function flat(metrics: Record<string, Measure>, nameOf = (name: string): string => name): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([metric, { value, n, ci }]) => {
      const name = nameOf(metric);
      return [
        [name, value],
        [`${name}.low`, ci[0]],
        [`${name}.high`, ci[1]],
        [`${name}.n`, n],
      ].filter(([, number]) => Number.isFinite(number));
    }),
  ) as Record<string, JsonValue>;
}

/** Settings of the training and of the decision, as one flat list. */
function paramsOf({ model, tune, gate }: Recipe): Record<string, JsonValue> {
  const leaves = (prefix: string, value: unknown): [string, JsonValue][] => {
    // Folders of this machine mean nothing elsewhere.
    if (typeof value === 'string') return [[prefix, isAbsolute(value) ? basename(value) : value]];
    if (typeof value === 'number') return [[prefix, value]];
    if (typeof value === 'boolean') return [[prefix, String(value)]];
    if (Array.isArray(value)) return [[prefix, canonicalJson(value).slice(0, 500)]];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => leaves(`${prefix}.${key}`, inner));
  };
  return Object.fromEntries([...leaves('model', model), ...leaves('tune', tune), ...leaves('gate', gate)]);
}

const unique = (events: WantedGraph['events']): WantedGraph['events'] => [
  ...new Map(events.map((event) => [canonicalJson(event), event])).values(),
];
