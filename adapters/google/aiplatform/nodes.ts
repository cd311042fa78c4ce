import { createRequire } from 'node:module';
import type { MetadataServiceClient } from '@google-cloud/aiplatform/build/src/v1/metadata_service_client.js';
import type { protos } from '@google-cloud/aiplatform';
import { canonicalJson } from '../../../configs/canonical-json.ts';
import type { JsonValue } from '../../mirror.ts';
import { again, CALL, CODE, codeOf, lookUp } from './calls.ts';
import { makeOnce } from './operations.ts';

type V1 = typeof protos.google.cloud.aiplatform.v1;
type Struct = protos.google.protobuf.IStruct;

/** An artifact, execution or context, as far as they are alike. */
export interface Node {
  name?: string | null;
  displayName?: string | null;
  schemaTitle?: string | null;
  schemaVersion?: string | null;
  metadata?: Struct | null;
  labels?: Record<string, string> | null;
  etag?: string | null;
  uri?: string | null;
  state?: unknown;
  parentContexts?: string[] | null;
}
export type Kind = 'artifact' | 'execution' | 'context';

const SCHEMA_VERSION = '0.0.1';

const require = createRequire(import.meta.url);

/** The client library's own way to make a Struct: it drops plain objects without a word. */
interface Helpers {
  toValue(value: object): { structValue?: Struct };
  fromValue(value: { structValue: Struct; kind: string }): object;
}
const helpers = (): Helpers => require('@google-cloud/aiplatform/build/src/helpers.js') as Helpers;
const struct = (value: Record<string, JsonValue>): Struct => helpers().toValue(value).structValue ?? { fields: {} };
const plainOf = (value: Struct | null | undefined): object =>
  value?.fields ? helpers().fromValue({ structValue: value, kind: 'structValue' }) : {};

/** A node as it should be. */
export interface WantedNode {
  id: string;
  title: string;
  displayName: string;
  labels: Record<string, string>;
  metadata: Record<string, JsonValue>;
  uri?: string;
  state?: string;
  /** What is there is left as it is. */
  isShared?: boolean;
}

/** Nodes of a metadata store: made under ids that are the same each time, and set right where they differ. */
export class Nodes {
  readonly #client: MetadataServiceClient;
  readonly #store: string;
  readonly #dryRun: boolean;
  /** Nodes that were seen or made by now, by their names. */
  readonly #seen = new Map<string, Node>();
  #isStoreThere = false;

  constructor(client: MetadataServiceClient, store: string, dryRun: boolean) {
    this.#client = client;
    this.#store = store;
    this.#dryRun = dryRun;
  }

  /** Name of a node. */
  name(kind: Kind, id: string): string {
    return `${this.#store}/${kind}s/${id}`;
  }

  /** One node: made where it is not there, set right where it differs. Says what was, or would be, done. */
  async put(kind: Kind, wanted: WantedNode, known: Node | undefined): Promise<string[]> {
    const name = this.name(kind, wanted.id);
    const there = known ?? this.#seen.get(name) ?? (await this.#make(kind, wanted));
    if (there === undefined) return [`${kind} ${wanted.displayName}`];
    this.#seen.set(name, there);
    if (wanted.isShared) return [];
    const paths = differences(there, wanted);
    if (paths.length === 0 || this.#dryRun) return paths.map((path) => `${kind} ${wanted.displayName}: ${path}`);
    await this.#update(kind, name, wanted, there, paths);
    return paths.map((path) => `${kind} ${wanted.displayName}: ${path}`);
  }

  /** Makes a node; one that is there already is fetched. Undefined: it would have to be made. */
  async #make(kind: Kind, wanted: WantedNode): Promise<Node | undefined> {
    const name = this.name(kind, wanted.id);
    if (this.#dryRun) return (await this.#get(kind, name)) ?? undefined;
    await this.#ensureStore();
    try {
      return await again(() => this.#create(kind, wanted));
    } catch (error) {
      if (codeOf(error) !== CODE.exists) throw error;
      const found = await this.#get(kind, name);
      if (!found) throw error;
      return found;
    }
  }

  async #create(kind: Kind, wanted: WantedNode): Promise<Node> {
    const parent = this.#store;
    const node = nodeOf(wanted);
    if (kind === 'artifact') {
      const artifact = { ...node, uri: wanted.uri ?? '', state: 'LIVE' as const };
      return (await this.#client.createArtifact({ parent, artifactId: wanted.id, artifact }, CALL))[0];
    }
    if (kind === 'execution') {
      const execution = { ...node, state: wanted.state as keyof V1['Execution']['State'] };
      return (await this.#client.createExecution({ parent, executionId: wanted.id, execution }, CALL))[0];
    }
    return (await this.#client.createContext({ parent, contextId: wanted.id, context: node }, CALL))[0];
  }

  async #get(kind: Kind, name: string): Promise<Node | undefined> {
    const client = this.#client;
    if (kind === 'artifact') return (await lookUp(() => client.getArtifact({ name }, CALL)))?.[0];
    if (kind === 'execution') return (await lookUp(() => client.getExecution({ name }, CALL)))?.[0];
    return (await lookUp(() => client.getContext({ name }, CALL)))?.[0];
  }

  /** Sets fields right by the etag; what somebody changed meanwhile is read again first. */
  async #update(kind: Kind, name: string, wanted: WantedNode, there: Node, paths: string[]): Promise<void> {
    let now: Node | undefined = there;
    await again(async () => {
      now ??= await this.#get(kind, name);
      const metadata = struct({ ...(plainOf(now?.metadata) as Record<string, JsonValue>), ...wanted.metadata });
      const labels = { ...now?.labels, ...wanted.labels };
      const sent = { ...nodeOf(wanted), name, etag: now?.etag ?? '', metadata, labels };
      now = undefined;
      const updateMask = { paths };
      if (kind === 'artifact')
        await this.#client.updateArtifact({ artifact: { ...sent, uri: wanted.uri ?? '' }, updateMask }, CALL);
      else if (kind === 'execution') {
        const execution = { ...sent, state: wanted.state as keyof V1['Execution']['State'] };
        await this.#client.updateExecution({ execution, updateMask }, CALL);
      } else await this.#client.updateContext({ context: sent, updateMask }, CALL);
    });
  }

  /** The store of a project's location comes into being with its first use. */
  async #ensureStore(): Promise<void> {
    if (this.#isStoreThere) return;
    const name = this.#store;
    const [parent, metadataStoreId] = name.split('/metadataStores/');
    await makeOnce({
      client: this.#client,
      resource: name,
      what: 'the metadata store',
      find: async () => (await lookUp(() => this.#client.getMetadataStore({ name }, CALL)))?.[0],
      order: () =>
        this.#client.createMetadataStore(
          { parent: parent ?? '', metadataStoreId: metadataStoreId ?? '', metadataStore: {} },
          CALL,
        ),
    });
    this.#isStoreThere = true;
  }
}

const nodeOf = ({ title, displayName, labels, metadata }: WantedNode) => ({
  displayName,
  schemaTitle: title,
  schemaVersion: SCHEMA_VERSION,
  labels,
  metadata: struct(metadata),
});

/** Paths of the fields that are not as they should be. What others added to metadata and labels is left. */
function differences(there: Node, wanted: WantedNode): string[] {
  const metadata = plainOf(there.metadata) as Record<string, unknown>;
  const isIn = ([key, value]: [string, unknown]): boolean => canonicalJson(metadata[key]) === canonicalJson(value);
  return [
    ...((there.displayName ?? '') === wanted.displayName ? [] : ['display_name']),
    ...(Object.entries(wanted.metadata).every(isIn) ? [] : ['metadata']),
    ...(Object.entries(wanted.labels).every(([key, value]) => there.labels?.[key] === value) ? [] : ['labels']),
    ...(wanted.uri === undefined || (there.uri ?? '') === wanted.uri ? [] : ['uri']),
    ...(wanted.state === undefined || String(there.state) === wanted.state ? [] : ['state']),
  ];
}
