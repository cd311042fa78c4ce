import type { Call } from '../http-server.ts';
import { cancelBatch, createBatch, getBatch, listBatches } from './batch.ts';
import { invalid, Refusal } from './errors.ts';
import type { Fault } from './faults.ts';
import { BATCH, COUNT, GENERATE, readMessage, TUNING_JOB } from './fields.ts';
import { countTokens, generateContent } from './generate.ts';
import { findVersion, modelResource, versionsOf, type StoredEndpoint, type StoredVersion } from './models.ts';
import type { Route } from './route.ts';
import { canonical, newId, type GoogleState, type Resource } from './state.ts';
import { cancelTuningJob, createTuningJob, filterOf, getTuningJob, listTuningJobs } from './tuning.ts';

/** Does what a call asks. Throws a `Refusal`. */
export async function vertexCall(state: GoogleState, route: Route, call: Call, fault: Fault): Promise<unknown> {
  const { parent, name = '', version } = route;
  const filter = call.query.get('filter') ?? '';
  switch (`${route.collection}.${route.verb}`) {
    case 'tuningJobs.create':
      return createTuningJob(
        state,
        parent,
        readMessage(jsonOf(call), TUNING_JOB[version] as never, 'tuning_job'),
        fault,
      );
    case 'tuningJobs.get':
      return getTuningJob(state, name);
    case 'tuningJobs.list':
      return page(listTuningJobs(state, parent, filter), 'tuningJobs', call);
    case 'tuningJobs.cancel':
      cancelTuningJob(state, name);
      return {};
    case 'tuningJobs.rebaseTunedModel':
      return rebase(state, parent, jsonOf(call) as Resource);
    case 'batchPredictionJobs.create':
      return createBatch(state, parent, readMessage(jsonOf(call), BATCH, 'batch_prediction_job'));
    case 'batchPredictionJobs.get':
      return getBatch(state, name);
    case 'batchPredictionJobs.list':
      return page(listBatches(state, parent).filter(filterOf(filter)), 'batchPredictionJobs', call);
    case 'batchPredictionJobs.cancel':
      cancelBatch(state, name);
      return {};
    case 'models.generateContent':
    case 'endpoints.generateContent':
      return generateContent(state, name, readMessage(jsonOf(call), GENERATE));
    case 'models.countTokens':
    case 'endpoints.countTokens':
      return countTokens(state, name, readMessage(jsonOf(call), COUNT));
    case 'models.get':
      return modelResource(versionOf(state, name));
    case 'models.listVersions':
      return page(versionsOf(state, name).map(modelResource), 'models', call);
    case 'models.list':
      return page(newest(state, parent).filter(filterOf(filter)), 'models', call);
    case 'models.delete':
      return removeModel(state, name);
    case 'endpoints.get':
      return endpointOf(state, name).resource;
    case 'endpoints.list':
      return page(
        under<StoredEndpoint>(state, 'endpoints', parent)
          .map(({ resource }) => resource)
          .filter(filterOf(filter)),
        'endpoints',
        call,
      );
    case 'endpoints.delete':
      return removeEndpoint(state, name);
    case 'operations.get':
      return operationOf(state, name);
    default:
      throw new Refusal('NOT_FOUND', `No method ${call.method} ${call.path}.`);
  }
}

function jsonOf({ body }: Call): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw invalid('Invalid JSON payload received. Unexpected end of string.');
  }
}

/** One page of a list; the token names the last resource of the page before. */
function page(resources: readonly Resource[], field: string, { query }: Call): Resource {
  const size = Math.min(Number(query.get('pageSize') || 100) || 100, 1000);
  const after = query.get('pageToken');
  const start = after ? resources.findIndex((one) => tokenOf(one) === after) + 1 : 0;
  if (after && start === 0) throw invalid('page_token is invalid.', 'page_token');
  const items = resources.slice(start, start + size);
  const isMore = start + size < resources.length;
  return {
    ...(items.length > 0 ? { [field]: items } : {}),
    ...(isMore ? { nextPageToken: tokenOf(items.at(-1) as Resource) } : {}),
  };
}

const tokenOf = ({ name, versionId = '' }: Resource): string =>
  Buffer.from(`${String(name)}@${String(versionId)}`).toString('base64url');

function under<T>(state: GoogleState, kind: string, parent: string): T[] {
  return state.journal
    .all<T>(kind)
    .filter(([name]) => name.startsWith(`${canonical(parent)}/`))
    .map(([, value]) => value);
}

/** The default version of each model. */
function newest(state: GoogleState, parent: string): Resource[] {
  const names = new Set(under<StoredVersion>(state, 'models', parent).map(({ name }) => name.split('@')[0] ?? ''));
  return [...names].map((name) => modelResource(versionOf(state, name))).toReversed();
}

function versionOf(state: GoogleState, name: string): StoredVersion {
  const version = findVersion(state, name);
  if (!version) throw new Refusal('NOT_FOUND', `The Model "${name}" is not found.`);
  return version;
}

function endpointOf(state: GoogleState, name: string): StoredEndpoint {
  const endpoint = state.journal.get<StoredEndpoint>('endpoints', canonical(name));
  if (!endpoint) throw new Refusal('NOT_FOUND', `The Endpoint "${name}" is not found.`);
  return endpoint;
}

function removeModel(state: GoogleState, name: string): Resource {
  const { name: whole } = versionOf(state, name);
  const [model = ''] = whole.split('@');
  const users = state.journal
    .all<StoredEndpoint>('endpoints')
    .filter(([, { resource }]) => resource.deployedModels.some((one) => one.model.split('@')[0] === model));
  if (users[0]) throw new Refusal('FAILED_PRECONDITION', `The Model ${name} is deployed at Endpoint ${users[0][0]}.`);
  for (const version of versionsOf(state, model)) state.journal.remove('models', version.name);
  return done(state, model, {});
}

function removeEndpoint(state: GoogleState, name: string): Resource {
  const { resource } = endpointOf(state, name);
  if (resource.deployedModels.length > 0)
    throw new Refusal('FAILED_PRECONDITION', `The Endpoint ${name} has deployed models; undeploy them first.`);
  state.journal.remove('endpoints', resource.name);
  return done(state, resource.name, {});
}

/** Keeps a long-running operation that is over already. */
export function done(state: GoogleState, of: string, response: Resource): Resource {
  const name = `${of}/operations/${newId()}`;
  const operation = { name, done: true, response };
  state.journal.put('operations', name, operation);
  return operation;
}

function operationOf(state: GoogleState, name: string): Resource {
  const operation = state.journal.get<Resource>('operations', canonical(name));
  if (!operation) throw new Refusal('NOT_FOUND', `The Operation "${name}" is not found.`);
  return operation;
}

/** Tunes anew what a tuned model was made with, on the base that the request names. */
async function rebase(state: GoogleState, parent: string, request: Resource): Promise<Resource> {
  const { tunedModelRef = {}, tuningJob = {} } = request as {
    tunedModelRef?: { tunedModel?: string; tuningJob?: string };
    tuningJob?: Resource;
  };
  const old = listTuningJobs(state, parent).find(
    ({ name, tunedModel }) =>
      name === canonical(tunedModelRef.tuningJob ?? '') ||
      (tunedModel as Resource | undefined)?.['model'] === canonical(tunedModelRef.tunedModel ?? ''),
  );
  if (!old) throw new Refusal('NOT_FOUND', 'The tuned model of tuned_model_ref is not found.');
  const { supervisedTuningSpec, tunedModelDisplayName } = old;
  const created = await createTuningJob(state, parent, {
    supervisedTuningSpec,
    ...(tunedModelDisplayName ? { tunedModelDisplayName } : {}),
    baseModel: 'gemini-2.5-flash',
    ...readMessage(tuningJob, TUNING_JOB['v1'] as never, 'tuning_job'),
  });
  return done(state, String(created['name']), {
    '@type': 'type.googleapis.com/google.cloud.aiplatform.v1.TuningJob',
    ...created,
  });
}
