import type { MetadataServiceClient } from '@google-cloud/aiplatform/build/src/v1/metadata_service_client.js';
import type { protos } from '@google-cloud/aiplatform';
import type { MirrorPlace, MirrorResult, WantedGraph } from '../../mirror.ts';
import { again, CALL, CODE, codeOf, lookUp, sentence } from './calls.ts';
import type { Clients } from './clients.ts';
import { idOf } from './names.ts';
import { Nodes, type Node } from './nodes.ts';

/** More than so many members of one call are sent in several. */
const BATCH = 100;

/**
 * Shows a run in ML Metadata: contexts, artifacts and executions under ids that are the same each time, and the
 * events between them. What is there already is compared and set right; an id that is taken is ours from before.
 */
export async function mirrorGraph(
  clients: Clients,
  { project, location }: MirrorPlace,
  wanted: WantedGraph,
  dryRun: boolean,
): Promise<MirrorResult[]> {
  const store = `projects/${project}/locations/${location}/metadataStores/default`;
  const client = await clients.metadata();
  const work = new Work(client, store, wanted, dryRun);
  const results: MirrorResult[] = [];
  const contexts = wanted.contexts.filter(({ isShared }) => !isShared);
  for (const { id, title } of contexts) {
    const kind = title === 'system.ExperimentRun' ? 'experiment' : 'metadata';
    const result: MirrorResult = { kind, key: wanted.key, state: 'equal', what: [] };
    try {
      const { isNew, what } = await work.context(id);
      const state = stateOf({ isNew, isEqual: what.length === 0, dryRun });
      results.push({ ...result, ...(isNew && dryRun ? {} : { name: `${store}/contexts/${id}` }), state, what });
    } catch (error) {
      const about = kind === 'metadata' ? 'ML Metadata' : 'Vertex Experiments';
      results.push({ ...result, state: 'failed', why: sentence(error, `${wanted.key} in ${about}`) });
    }
  }
  return results;
}

function stateOf({
  isNew,
  isEqual,
  dryRun,
}: {
  isNew: boolean;
  isEqual: boolean;
  dryRun: boolean;
}): MirrorResult['state'] {
  if (isNew) return dryRun ? 'missing' : 'created';
  if (isEqual) return 'equal';
  return dryRun ? 'differs' : 'changed';
}

/** One graph that is copied. */
class Work {
  readonly #client: MetadataServiceClient;
  readonly #nodes: Nodes;
  readonly #wanted: WantedGraph;
  readonly #dryRun: boolean;

  constructor(client: MetadataServiceClient, store: string, wanted: WantedGraph, dryRun: boolean) {
    this.#client = client;
    this.#nodes = new Nodes(client, store, dryRun);
    this.#wanted = wanted;
    this.#dryRun = dryRun;
  }

  /** One context with its parent, members and what connects them. */
  async context(id: string): Promise<{ isNew: boolean; what: string[] }> {
    const { contexts } = this.#wanted;
    const wanted = contexts.find((one) => one.id === id);
    if (!wanted) throw new Error(`no context ${id}`);
    const parent = contexts.find((one) => one.id === wanted.parent);
    const [found] =
      (await lookUp(() => this.#client.getContext({ name: this.#nodes.name('context', id) }, CALL))) ?? [];
    if (!found && this.#dryRun) return { isNew: true, what: [] };
    const what: string[] = [];
    if (parent) what.push(...(await this.#nodes.put('context', parent, undefined)));
    what.push(...(await this.#nodes.put('context', wanted, found)));
    if (parent && !(found?.parentContexts ?? []).some((name) => idOf(name) === parent.id)) {
      what.push('parent');
      const request = {
        context: this.#nodes.name('context', parent.id),
        childContexts: [this.#nodes.name('context', id)],
      };
      if (!this.#dryRun) await again(() => this.#client.addContextChildren(request, CALL));
    }
    if (wanted.hasMembers) what.push(...(await this.#members(this.#nodes.name('context', id))));
    return { isNew: !found, what: found ? what : [] };
  }

  /** Artifacts and executions of a context. */
  async #members(context: string): Promise<string[]> {
    const { artifacts, executions, events } = this.#wanted;
    const there = await this.#subgraph(context);
    const what: string[] = [];
    for (const one of artifacts) what.push(...(await this.#nodes.put('artifact', one, there.nodes.get(one.id))));
    for (const one of executions) what.push(...(await this.#nodes.put('execution', one, there.nodes.get(one.id))));
    const strangers = (kind: 'artifact' | 'execution', all: readonly { id: string }[]): string[] =>
      all.filter(({ id }) => !there.nodes.has(id)).map(({ id }) => this.#nodes.name(kind, id));
    const added = { artifacts: strangers('artifact', artifacts), executions: strangers('execution', executions) };
    const count = added.artifacts.length + added.executions.length;
    if (count > 0) what.push(`${count} members`);
    for (
      let from = 0;
      from < Math.max(added.artifacts.length, added.executions.length) && !this.#dryRun;
      from += BATCH
    ) {
      const request = {
        context,
        artifacts: added.artifacts.slice(from, from + BATCH),
        executions: added.executions.slice(from, from + BATCH),
      };
      await again(() => this.#client.addContextArtifactsAndExecutions(request, CALL));
    }
    for (const { id } of executions) {
      const missing = events.filter(
        (one) => one.execution === id && !there.events.has(`${id} ${one.artifact} ${one.type}`),
      );
      if (missing.length === 0) continue;
      what.push(`${missing.length} events`);
      const request = {
        execution: this.#nodes.name('execution', id),
        events: missing.map(({ artifact, type }) => ({ artifact: this.#nodes.name('artifact', artifact), type })),
      };
      if (!this.#dryRun) await again(() => this.#client.addExecutionEvents(request, CALL));
    }
    return what;
  }

  /** What belongs to a context now; one with too much in it is asked for execution by execution. */
  async #subgraph(context: string): Promise<{ nodes: Map<string, Node>; events: Set<string> }> {
    const nodes = new Map<string, Node>();
    const events = new Set<string>();
    const take = (graph: protos.google.cloud.aiplatform.v1.ILineageSubgraph): void => {
      for (const node of [...(graph.artifacts ?? []), ...(graph.executions ?? [])]) nodes.set(idOf(node.name), node);
      for (const { execution, artifact, type } of graph.events ?? [])
        events.add(`${idOf(execution)} ${idOf(artifact)} ${String(type)}`);
    };
    try {
      const found = await lookUp(() => this.#client.queryContextLineageSubgraph({ context }, CALL));
      if (found) take(found[0]);
    } catch (error) {
      if (codeOf(error) !== CODE.precondition) throw error;
      for (const { id } of this.#wanted.executions) {
        const execution = this.#nodes.name('execution', id);
        const found = await lookUp(() => this.#client.queryExecutionInputsAndOutputs({ execution }, CALL));
        if (found) take(found[0]);
      }
    }
    return { nodes, events };
  }
}
