import { createHash } from 'node:crypto';
import type { Lineage, LineageNode } from '../ledger/lineage.ts';

/** Where these events come from, as the specification's `producer`. */
const PRODUCER = 'urn:anneal:0.1.0';
const SPEC = 'https://openlineage.io/spec';
const NAMESPACE = 'anneal';

type Artifact = Extract<LineageNode, { kind: 'artifact' }>;
type Execution = Extract<LineageNode, { kind: 'execution' }>;

interface Dataset {
  namespace: string;
  name: string;
  facets: Record<string, unknown>;
}

/** A run event of OpenLineage 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json). */
export interface RunEvent {
  eventType: 'COMPLETE' | 'FAIL' | 'ABORT' | 'RUNNING';
  eventTime: string;
  producer: string;
  schemaURL: string;
  run: { runId: string; facets: Record<string, unknown> };
  job: { namespace: string; name: string; facets: Record<string, unknown> };
  inputs: Dataset[];
  outputs: Dataset[];
}

/** Lineage as OpenLineage run events, one for each execution, oldest first. */
export function toOpenLineage({ nodes, edges }: Lineage): RunEvent[] {
  const artifacts = new Map(nodes.flatMap((node) => (node.kind === 'artifact' ? [[node.id, node] as const] : [])));
  const executions = nodes.filter((node): node is Execution => node.kind === 'execution');
  const datasets = (ids: { id: string; role: string }[]): Dataset[] =>
    ids.flatMap(({ id, role }) => {
      const artifact = artifacts.get(id);
      return artifact ? [datasetOf(artifact, role)] : [];
    });
  return executions
    .toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
    .map((execution) => ({
      eventType: EVENT_TYPES[execution.status] ?? 'RUNNING',
      eventTime: execution.endedAt ?? execution.startedAt,
      producer: PRODUCER,
      schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
      run: {
        runId: uuidOf(execution.id),
        facets: {
          parent: facet('1-1-0/ParentRunFacet', {
            run: { runId: uuidOf(execution.run) },
            job: { namespace: NAMESPACE, name: execution.run },
          }),
          nominalTime: facet('1-0-1/NominalTimeRunFacet', {
            nominalStartTime: execution.startedAt,
            ...(execution.endedAt ? { nominalEndTime: execution.endedAt } : {}),
          }),
        },
      },
      job: {
        namespace: NAMESPACE,
        name: execution.type,
        facets: {
          jobType: facet('2-0-3/JobTypeJobFacet', { processingType: 'BATCH', integration: 'ANNEAL', jobType: 'STEP' }),
        },
      },
      inputs: datasets(edges.flatMap(({ from, to, role }) => (to === execution.id ? [{ id: from, role }] : []))),
      outputs: datasets(edges.flatMap(({ from, to, role }) => (from === execution.id ? [{ id: to, role }] : []))),
    }));
}

const EVENT_TYPES: Record<string, RunEvent['eventType']> = {
  completed: 'COMPLETE',
  failed: 'FAIL',
  cancelled: 'ABORT',
};

function datasetOf({ id, type, names }: Artifact, role: string): Dataset {
  return {
    namespace: NAMESPACE,
    name: id,
    facets: {
      version: facet('1-0-1/DatasetVersionDatasetFacet', { datasetVersion: id }),
      documentation: facet('1-0-1/DocumentationDatasetFacet', {
        description: [`${type} as ${role}`, ...names].join(', '),
      }),
    },
  };
}

function facet(schema: string, fields: Record<string, unknown>): Record<string, unknown> {
  const [version, name] = schema.split('/');
  return { _producer: PRODUCER, _schemaURL: `${SPEC}/facets/${version}/${name}.json`, ...fields };
}

/** A run's id has to be a UUID: version 8 (RFC 9562), made of a hash of ours, so that it is the same each time. */
function uuidOf(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex');
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
