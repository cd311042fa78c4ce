import { invalid, Refusal } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { vertexType, type Operations } from './operations.ts';
import * as rules from './rules.ts';
import { list, map, text, type Message } from './rules.ts';

/** An artifact, execution or context. */
interface Node {
  name: string;
  etag: string;
  createdAt: string;
  updatedAt: string;
  /** As it was given: displayName, schemaTitle, schemaVersion, metadata, labels, state, uri, description. */
  fields: Message;
}

/** What belongs to a context. */
interface Members {
  artifacts: string[];
  executions: string[];
  children: string[];
}

interface Event {
  artifact: string;
  execution: string;
  type: 'INPUT' | 'OUTPUT';
  eventTime: string;
}

const STORE = /^projects\/[^/]+\/locations\/[^/]+\/metadataStores\/[^/]+$/;
const NODE = /^projects\/[^/]+\/locations\/[^/]+\/metadataStores\/[^/]+\/(?:artifacts|contexts|executions)\/[^/]+$/;
const ID = /^[a-z0-9-]{4,128}$/;
/** Schemas that the service brings along. */
const SCHEMAS =
  'Artifact Dataset Model Metrics ClassificationMetrics Run ContainerExecution DagExecution CustomJobExecution Experiment ExperimentRun Pipeline PipelineRun'
    .split(' ')
    .map((name) => `system.${name}`);
const MAX_METADATA_BYTES = 200_000;
/** More than so many nodes are refused by a query. */
const MAX_SUBGRAPH = 1000;

const KINDS = {
  artifact: { plural: 'artifacts', states: ['STATE_UNSPECIFIED', 'PENDING', 'LIVE'] },
  execution: {
    plural: 'executions',
    states: ['STATE_UNSPECIFIED', 'NEW', 'RUNNING', 'COMPLETE', 'FAILED', 'CACHED', 'CANCELLED'],
  },
  context: { plural: 'contexts', states: undefined },
} as const;
type Kind = keyof typeof KINDS;

/** MetadataService. */
export function metadataService(journal: Journal, operations: Operations) {
  operations.on('createStore', (args) => {
    journal.put('metadataStore', text(args['name']), { name: args['name'] });
    return { type: vertexType('MetadataStore'), answer: { name: args['name'] } };
  });

  const get = (kind: Kind, name: string): Node => {
    if (!NODE.test(name)) throw invalid(`"${name}" is no name of a metadata resource`, 'name');
    const node = journal.get<Node>(kind, name);
    if (!node) throw new Refusal('NOT_FOUND', `${kind} ${name} not found`);
    return node;
  };
  const members = (context: string): Members =>
    journal.get<Members>('members', context) ?? { artifacts: [], executions: [], children: [] };
  const events = (): Event[] => journal.all<Event>('event').map(([, event]) => event);

  const checkFields = (kind: Kind, fields: Message): void => {
    rules.checkDisplayName(fields['displayName'], false);
    rules.checkLabels(fields['labels']);
    const [title, version] = [text(fields['schemaTitle']), text(fields['schemaVersion'])];
    if (title !== '' && (!SCHEMAS.includes(title) || version !== '0.0.1'))
      throw invalid(`no schema ${title} ${version} is registered`, `${kind}.schema_title`);
    const bytes = JSON.stringify(fields['metadata'] ?? {}).length;
    if (bytes > MAX_METADATA_BYTES) throw invalid(`metadata has ${bytes} bytes, more than 200 KB`, `${kind}.metadata`);
  };
  const create =
    (kind: Kind) =>
    (request: Message): Message => {
      const parent = text(request['parent']);
      if (!STORE.test(parent)) throw invalid(`"${parent}" is no metadata store`, 'parent');
      if (!journal.get('metadataStore', parent)) throw new Refusal('NOT_FOUND', `MetadataStore ${parent} not found`);
      const id = text(request[`${kind}Id`]) || rules.newId(parent);
      if (!ID.test(id)) throw invalid(`${kind}_id "${id}": 4 to 128 of [a-z0-9-]`, `${kind}_id`);
      const name = `${parent}/${KINDS[kind].plural}/${id}`;
      if (journal.get(kind, name)) throw new Refusal('ALREADY_EXISTS', `${name} already exists`);
      const { name: _name, etag: _etag, createTime: _c, updateTime: _u, ...fields } = map<unknown>(request[kind]);
      checkFields(kind, fields);
      const now = new Date().toISOString();
      journal.put(kind, name, { name, etag: rules.newEtag(), createdAt: now, updatedAt: now, fields });
      return message(kind, get(kind, name));
    };
  const update =
    (kind: Kind) =>
    (request: Message): Message => {
      const sent = map<unknown>(request[kind]);
      const name = text(sent['name']);
      const known = journal.get<Node>(kind, name);
      if (!known && request['allowMissing'] === true) {
        const [parent, id] = name.split(`/${KINDS[kind].plural}/`);
        return create(kind)({ parent, [`${kind}Id`]: id, [kind]: sent });
      }
      const node = get(kind, name);
      rules.checkEtag(sent['etag'], node.etag);
      const usual = ['display_name', 'description', 'metadata', 'labels'];
      const paths = rules.maskOf(request, [...usual, ...(kind === 'context' ? [] : ['state', 'uri'])], false);
      const names = (paths.length > 0 ? paths : usual).map((path) =>
        path.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      );
      const changed = Object.fromEntries(names.flatMap((field) => (field in sent ? [[field, sent[field]]] : [])));
      const fields = { ...node.fields, ...changed };
      checkFields(kind, fields);
      journal.put(kind, name, { ...node, etag: rules.newEtag(), updatedAt: new Date().toISOString(), fields });
      return message(kind, get(kind, name));
    };
  const listAll =
    (kind: Kind) =>
    (request: Message): Message => {
      const parent = text(request['parent']);
      const fits = rules.readFilter(request['filter']);
      const all = journal
        .all<Node>(kind)
        .filter(([name]) => name.startsWith(`${parent}/`))
        .map(([, node]) => message(kind, node))
        .filter(fits);
      const { items, nextPageToken } = rules.page(all, request, { usual: 100, most: 1000 });
      return { [KINDS[kind].plural]: items, nextPageToken };
    };

  const message = (kind: Kind, { fields, createdAt, updatedAt, name, etag }: Node): Message => ({
    ...fields,
    name,
    etag,
    createTime: rules.stamp(createdAt),
    updateTime: rules.stamp(updatedAt),
    ...(kind === 'context' ? { parentContexts: parentsOf(name) } : {}),
  });
  const parentsOf = (name: string): string[] =>
    journal.all<Members>('members').flatMap(([parent, { children }]) => (children.includes(name) ? [parent] : []));
  const descends = (from: string, wanted: string): boolean =>
    from === wanted || members(from).children.some((child) => descends(child, wanted));

  const subgraph = (artifacts: Set<string>, executions: Set<string>, edges: Event[]): Message => {
    if ([artifacts.size, executions.size, edges.length].some((count) => count > MAX_SUBGRAPH))
      throw new Refusal('FAILED_PRECONDITION', 'the subgraph has more than 1000 artifacts, executions or events');
    return {
      artifacts: [...artifacts].map((name) => message('artifact', get('artifact', name))),
      executions: [...executions].map((name) => message('execution', get('execution', name))),
      events: edges.map(({ eventTime, ...event }) => ({ ...event, eventTime: rules.stamp(eventTime) })),
    };
  };

  return {
    CreateMetadataStore: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const name = `${parent}/metadataStores/${text(request['metadataStoreId']) || rules.newId(parent)}`;
      if (journal.get('metadataStore', name)) throw new Refusal('ALREADY_EXISTS', `${name} already exists`);
      return operations.begin(name, 'createStore', { name });
    },
    GetMetadataStore: (request: Message): Message => {
      const found = journal.get<Message>('metadataStore', text(request['name']));
      if (!found) throw new Refusal('NOT_FOUND', `MetadataStore ${text(request['name'])} not found`);
      return found;
    },
    CreateArtifact: create('artifact'),
    CreateExecution: create('execution'),
    CreateContext: create('context'),
    GetArtifact: (request: Message): Message => message('artifact', get('artifact', text(request['name']))),
    GetExecution: (request: Message): Message => message('execution', get('execution', text(request['name']))),
    GetContext: (request: Message): Message => message('context', get('context', text(request['name']))),
    ListArtifacts: listAll('artifact'),
    ListExecutions: listAll('execution'),
    ListContexts: listAll('context'),
    UpdateArtifact: update('artifact'),
    UpdateExecution: update('execution'),
    UpdateContext: update('context'),
    AddContextArtifactsAndExecutions: (request: Message): Message => {
      const { name } = get('context', text(request['context']));
      const found = members(name);
      const artifacts = list<string>(request['artifacts']).map((one) => get('artifact', one).name);
      const executions = list<string>(request['executions']).map((one) => get('execution', one).name);
      journal.put('members', name, {
        ...found,
        artifacts: [...new Set([...found.artifacts, ...artifacts])],
        executions: [...new Set([...found.executions, ...executions])],
      });
      return {};
    },
    AddContextChildren: (request: Message): Message => {
      const { name } = get('context', text(request['context']));
      const added = list<string>(request['childContexts']).map((one) => get('context', one).name);
      for (const child of added) {
        if (descends(child, name)) throw invalid('the contexts would be each other’s parents', 'child_contexts');
        if (new Set([...parentsOf(child), name]).size > 10)
          throw invalid('a context has at most 10 parents', 'child_contexts');
      }
      const found = members(name);
      journal.put('members', name, { ...found, children: [...new Set([...found.children, ...added])] });
      return {};
    },
    AddExecutionEvents: (request: Message): Message => {
      const { name } = get('execution', text(request['execution']));
      const now = new Date().toISOString();
      for (const event of list<Message>(request['events'])) {
        const artifact = get('artifact', text(event['artifact'])).name;
        const type = text(event['type']);
        if (type !== 'INPUT' && type !== 'OUTPUT') throw invalid('an event is an INPUT or an OUTPUT', 'events.type');
        const key = `${name} ${artifact} ${type}`;
        if (!journal.get('event', key))
          journal.put('event', key, { artifact, execution: name, type, eventTime: now } satisfies Event);
      }
      return {};
    },
    QueryContextLineageSubgraph: (request: Message): Message => {
      const { name } = get('context', text(request['context']));
      const { artifacts, executions } = members(name);
      const inside = events().filter((event) => executions.includes(event.execution));
      return subgraph(new Set(artifacts), new Set(executions), inside);
    },
    QueryExecutionInputsAndOutputs: (request: Message): Message => {
      const { name } = get('execution', text(request['execution']));
      const own = events().filter(({ execution }) => execution === name);
      return subgraph(new Set(own.map(({ artifact }) => artifact)), new Set([name]), own);
    },
    QueryArtifactLineageSubgraph: (request: Message): Message => {
      const { name } = get('artifact', text(request['artifact']));
      const hops = Number(request['maxHops'] ?? 0) || Number.POSITIVE_INFINITY;
      if (hops < 0) throw invalid('max_hops is negative', 'max_hops');
      const [artifacts, executions] = [new Set([name]), new Set<string>()];
      for (let hop = 0, before = -1; hop < hops && artifacts.size + executions.size > before; hop += 1) {
        before = artifacts.size + executions.size;
        for (const event of events()) if (artifacts.has(event.artifact)) executions.add(event.execution);
        for (const event of events()) if (executions.has(event.execution)) artifacts.add(event.artifact);
      }
      return subgraph(
        artifacts,
        executions,
        events().filter((event) => executions.has(event.execution)),
      );
    },
  };
}
