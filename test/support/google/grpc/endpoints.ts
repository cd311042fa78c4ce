import { invalid, Refusal } from '../errors.ts';
import type { Journal } from '../journal.ts';
import type { ModelRow } from './models.ts';
import { EMPTY, vertexType, type Operations } from './operations.ts';
import * as rules from './rules.ts';
import { list, map, text, type Message } from './rules.ts';

/** An endpoint. */
export interface EndpointRow {
  name: string;
  displayName: string;
  description: string;
  labels: Record<string, string>;
  etag: string;
  trafficSplit: Record<string, number>;
  deployedModels: Message[];
  createdAt: string;
  updatedAt: string;
}

const ENDPOINT = /^projects\/[^/@]+\/locations\/[^/@]+\/endpoints\/[^/@]+$/;
const RESOURCES = ['dedicatedResources', 'automaticResources', 'sharedResources'];

/** EndpointService. */
export function endpointService(journal: Journal, operations: Operations) {
  const find = (name: string): EndpointRow => {
    if (!ENDPOINT.test(name)) throw invalid(`"${name}" is not projects/{p}/locations/{l}/endpoints/{e}`, 'name');
    const row = journal.get<EndpointRow>('endpoint', name);
    if (!row) throw new Refusal('NOT_FOUND', `the Endpoint "${name}" does not exist`);
    return row;
  };
  const put = (row: EndpointRow): void =>
    journal.put('endpoint', row.name, { ...row, etag: rules.newEtag(), updatedAt: new Date().toISOString() });
  const idle = (name: string): void => {
    const [under] = operations.underWay(name);
    if (under !== undefined)
      throw new Refusal('FAILED_PRECONDITION', `there are other operations running on the Endpoint: ${under}`);
  };
  const ids = ({ deployedModels }: EndpointRow): string[] => deployedModels.map(({ id }) => text(id));

  operations.on('createEndpoint', (args) => {
    const now = new Date().toISOString();
    const name = text(args['name']);
    const endpoint = map<unknown>(args['endpoint']);
    put({
      name,
      displayName: text(endpoint['displayName']),
      description: text(endpoint['description']),
      labels: map(endpoint['labels']),
      etag: '',
      trafficSplit: {},
      deployedModels: [],
      createdAt: now,
      updatedAt: now,
    });
    return { type: vertexType('Endpoint'), answer: { name } };
  });
  operations.on('deploy', (args) => {
    const row = find(text(args['endpoint']));
    const deployed = map<unknown>(args['deployedModel']);
    const id = text(deployed['id']);
    const shares = Object.entries(map<number>(args['trafficSplit']));
    const trafficSplit = Object.fromEntries(shares.map(([key, share]) => [key === '0' ? id : key, share]));
    put({
      ...row,
      deployedModels: [...row.deployedModels, { ...deployed, createTime: rules.stamp(new Date().toISOString()) }],
      trafficSplit: shares.length > 0 ? trafficSplit : row.trafficSplit,
    });
    return { type: vertexType('DeployModelResponse'), answer: { deployedModel: deployed } };
  });
  operations.on('undeploy', (args) => {
    const row = find(text(args['endpoint']));
    const gone = text(args['id']);
    const deployedModels = row.deployedModels.filter(({ id }) => id !== gone);
    const asked = map<number>(args['trafficSplit']);
    const trafficSplit = deployedModels.length === 0 ? {} : Object.keys(asked).length > 0 ? asked : row.trafficSplit;
    put({ ...row, deployedModels, trafficSplit });
    return { type: vertexType('UndeployModelResponse'), answer: {} };
  });
  operations.on('deleteEndpoint', (args) => {
    journal.remove('endpoint', text(args['name']));
    return EMPTY;
  });

  /** The version that a name stands for, with what it can be deployed on. */
  const modelOf = (name: string): { model: string; versionId: string; rest: Message; displayName: string } => {
    const [base = '', asked = 'default'] = name.split('@');
    const row = journal.get<ModelRow>('model', base);
    const found = row?.versions.find((one) => one.versionId === asked || one.versionAliases.includes(asked));
    if (!row || !found) throw new Refusal('NOT_FOUND', `the Model "${name}" does not exist`);
    return { model: base, versionId: found.versionId, rest: found.rest, displayName: row.displayName };
  };

  return {
    CreateEndpoint: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const endpoint = map<unknown>(request['endpoint']);
      rules.checkDisplayName(endpoint['displayName'], true);
      rules.checkLabels(endpoint['labels']);
      rules.checkSplit(endpoint['trafficSplit'], []);
      const id = text(request['endpointId']) || rules.newId(parent);
      if (!/^(?:[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?|[1-9]\d{0,8})$/.test(id) && text(request['endpointId']) !== '')
        throw invalid(`endpoint_id "${id}": a letter and at most 62 of [a-z0-9-], or at most 9 digits`, 'endpoint_id');
      const name = `${parent}/endpoints/${id}`;
      if (journal.get('endpoint', name) || operations.underWay(name).length > 0)
        throw new Refusal('ALREADY_EXISTS', `the Endpoint "${name}" already exists`);
      return operations.begin(name, 'createEndpoint', { name, endpoint });
    },
    GetEndpoint: (request: Message): Message => endpointMessage(find(text(request['name']))),
    ListEndpoints: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const fits = rules.readFilter(request['filter']);
      const all = journal
        .all<EndpointRow>('endpoint')
        .filter(([name]) => name.startsWith(`${parent}/endpoints/`))
        .map(([, row]) => endpointMessage(row))
        .filter((endpoint) => fits({ ...endpoint, endpoint: text(endpoint['name']).split('/').at(-1) }));
      const { items, nextPageToken } = rules.page(all, request, { usual: 100, most: 1000 });
      return { endpoints: items, nextPageToken };
    },
    DeployModel: (request: Message): Message => {
      const row = find(text(request['endpoint']));
      idle(row.name);
      const deployed = map<unknown>(request['deployedModel']);
      const { model, versionId, rest, displayName } = modelOf(text(deployed['model']));
      const id = text(deployed['id']) || rules.newId(model).slice(0, 10);
      if (!/^\d{1,10}$/.test(id)) throw invalid(`deployed_model.id "${id}": 1 to 10 digits`, 'deployed_model.id');
      if (ids(row).includes(id)) throw new Refusal('ALREADY_EXISTS', `a DeployedModel with the id ${id} exists`);
      const isTuned = JSON.stringify(rest['baseModelSource'] ?? '').includes('publishers/google/models/');
      if (!isTuned && !RESOURCES.some((field) => deployed[field]))
        throw invalid('prediction_resources is required for this Model', 'deployed_model');
      if (!isTuned && !rest['containerSpec'])
        throw new Refusal('FAILED_PRECONDITION', `the Model "${model}" has no container_spec: it cannot be deployed`);
      rules.checkDisplayName(deployed['displayName'], false);
      rules.checkSplit(request['trafficSplit'], [...ids(row), '0']);
      return operations.begin(row.name, 'deploy', {
        endpoint: row.name,
        deployedModel: { displayName, ...deployed, id, model, modelVersionId: versionId },
        trafficSplit: request['trafficSplit'],
      });
    },
    UndeployModel: (request: Message): Message => {
      const row = find(text(request['endpoint']));
      idle(row.name);
      const id = text(request['deployedModelId']);
      if (!ids(row).includes(id)) throw new Refusal('NOT_FOUND', `no DeployedModel with the id ${id}`);
      const left = ids(row).filter((one) => one !== id);
      const split = rules.checkSplit(request['trafficSplit'], left);
      if (left.length > 0 && Object.keys(split).length === 0 && (row.trafficSplit[id] ?? 0) > 0)
        throw new Refusal('FAILED_PRECONDITION', `the DeployedModel ${id} has traffic: give it to another first`);
      return operations.begin(row.name, 'undeploy', { endpoint: row.name, id, trafficSplit: split });
    },
    UpdateEndpoint: (request: Message): Message => {
      const endpoint = map<unknown>(request['endpoint']);
      const row = find(text(endpoint['name']));
      const paths = rules.maskOf(request, ['display_name', 'description', 'labels', 'traffic_split'], true);
      rules.checkEtag(endpoint['etag'], row.etag);
      put({
        ...row,
        ...(paths.includes('display_name')
          ? { displayName: rules.checkDisplayName(endpoint['displayName'], true) }
          : {}),
        ...(paths.includes('description') ? { description: text(endpoint['description']) } : {}),
        ...(paths.includes('labels') ? { labels: rules.checkLabels(endpoint['labels']) } : {}),
        ...(paths.includes('traffic_split')
          ? { trafficSplit: rules.checkSplit(endpoint['trafficSplit'], ids(row)) }
          : {}),
      });
      return endpointMessage(find(row.name));
    },
    DeleteEndpoint: (request: Message): Message => {
      const row = find(text(request['name']));
      idle(row.name);
      if (list(row.deployedModels).length > 0)
        throw new Refusal('FAILED_PRECONDITION', 'the Endpoint has deployed Models: undeploy them first');
      return operations.begin(row.name, 'deleteEndpoint', { name: row.name });
    },
  };
}

function endpointMessage({ createdAt, updatedAt, ...row }: EndpointRow): Message {
  return { ...row, createTime: rules.stamp(createdAt), updateTime: rules.stamp(updatedAt) };
}
