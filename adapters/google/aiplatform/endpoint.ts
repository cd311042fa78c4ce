import type { EndpointServiceClient } from '@google-cloud/aiplatform/build/src/v1/endpoint_service_client.js';
import type { protos } from '@google-cloud/aiplatform';
import { terminal } from '../../../configs/failure.ts';
import type { Machines, MirrorPlace, MirrorResult, WantedEndpoint } from '../../mirror.ts';
import { again, CALL, CODE, codeOf, lookUp, sentence } from './calls.ts';
import type { Clients } from './clients.ts';
import { isSameName } from './names.ts';
import { makeOnce, runOperation } from './operations.ts';

type Endpoint = protos.google.cloud.aiplatform.v1.IEndpoint;
type Deployed = protos.google.cloud.aiplatform.v1.IDeployedModel;

/** Times that a change is tried anew because somebody else changed the endpoint meanwhile. */
const ROUNDS = 3;

/**
 * Makes an endpoint serve what it should: creates it, deploys what is missing, moves the traffic, and takes off what
 * serves no more. Models that others deployed stay where they are, without traffic.
 */
export async function mirrorEndpoint(
  clients: Clients,
  place: MirrorPlace,
  wanted: WantedEndpoint,
  dryRun: boolean,
): Promise<MirrorResult> {
  const name = `projects/${place.project}/locations/${place.location}/endpoints/${wanted.id}`;
  const result: MirrorResult = { kind: 'endpoint', key: wanted.id, state: 'equal', what: [] };
  try {
    const client = await clients.endpoints();
    const found = await lookUp(() => client.getEndpoint({ name }, CALL));
    if (!found && dryRun) return { ...result, state: 'missing', what: plan(undefined, wanted) };
    const endpoint = found?.[0] ?? (await create(client, place, name, wanted));
    mine(endpoint, wanted);
    const what = plan(endpoint, wanted);
    const done = { ...result, name, what: found ? what : ['created', ...what] };
    if (what.length === 0) return { ...done, state: found ? 'equal' : 'created' };
    if (dryRun) return { ...done, state: 'differs' };
    await deployMissing(client, place, name, wanted);
    await moveTraffic(client, name, wanted);
    await takeOff(client, name, wanted);
    return { ...done, state: found ? 'changed' : 'created' };
  } catch (error) {
    return { ...result, state: 'failed', why: sentence(error, `endpoint ${wanted.id}`) };
  }
}

async function create(
  client: EndpointServiceClient,
  { project, location, kmsKey }: MirrorPlace,
  name: string,
  { id, displayName, labels, mark }: WantedEndpoint,
): Promise<Endpoint> {
  const endpoint = {
    displayName,
    labels: { ...labels, [mark[0]]: mark[1] },
    ...(kmsKey === undefined ? {} : { encryptionSpec: { kmsKeyName: kmsKey } }),
  };
  const { made } = await makeOnce({
    client,
    resource: name,
    what: `endpoint ${id}`,
    find: async () => (await lookUp(() => client.getEndpoint({ name }, CALL)))?.[0],
    order: () =>
      client.createEndpoint({ parent: `projects/${project}/locations/${location}`, endpointId: id, endpoint }, CALL),
  });
  return made;
}

/** Whose traffic would be moved, if the endpoint were not ours? @throws TerminalError `NotOurs` */
function mine({ labels, name }: Endpoint, { mark: [key, value] }: WantedEndpoint): void {
  const found = labels?.[key];
  if (found === value) return;
  const said = found === undefined ? `does not carry the label ${key}` : `carries the label ${key}=${found}`;
  throw terminal(
    'NotOurs',
    `${name} ${said}, so its traffic is not touched: choose another google.mirror.endpoint.name, or give it the label ${key}=${value}`,
  );
}

/** What has to be done, in a few words each; nothing: it serves as it should. */
function plan(endpoint: Endpoint | undefined, wanted: WantedEndpoint): string[] {
  const there = endpoint?.deployedModels ?? [];
  const wrong = Object.keys(wanted.labels).filter((key) => endpoint?.labels?.[key] !== wanted.labels[key]);
  return [
    ...(endpoint && wrong.length > 0 ? [`labels ${wrong.join(', ')}`] : []),
    ...wanted.serves.filter((one) => !serving(there, one)).map(({ key }) => `deploy ${key}`),
    ...(isSplit(endpoint, wanted)
      ? []
      : [`traffic ${wanted.serves.map(({ key, share }) => `${key} ${share} %`).join(', ')}`]),
    ...stale(there, wanted).map(({ displayName, id }) => `undeploy ${displayName ?? id}`),
  ];
}

/** The deployment of a version: by the id that we gave it, or by its model. */
const serving = (there: readonly Deployed[], { id, model }: WantedEndpoint['serves'][number]): Deployed | undefined =>
  there.find((one) => one.id === id) ??
  there.find((one) => isSameName(`${(one.model ?? '').split('@')[0]}@${one.modelVersionId ?? ''}`, model));

/** Share of the traffic by id, as it should be. */
const splitOf = (there: readonly Deployed[], { serves }: WantedEndpoint): Record<string, number> =>
  Object.fromEntries(
    serves.flatMap((one) => {
      const id = serving(there, one)?.id;
      return id && one.share > 0 ? [[id, one.share]] : [];
    }),
  );

function isSplit(endpoint: Endpoint | undefined, wanted: WantedEndpoint): boolean {
  const there = endpoint?.deployedModels ?? [];
  if (wanted.serves.some((one) => !serving(there, one))) return wanted.serves.length === 0;
  const [now, then] = [endpoint?.trafficSplit ?? {}, splitOf(there, wanted)];
  return [...new Set([...Object.keys(now), ...Object.keys(then)])].every((id) => (now[id] ?? 0) === (then[id] ?? 0));
}

/** Versions of the line that are deployed and not wanted. */
const stale = (there: readonly Deployed[], { serves, ownIds }: WantedEndpoint): Deployed[] =>
  there.filter(({ id }) => ownIds.includes(id ?? '') && !serves.some((one) => serving(there, one)?.id === id));

async function deployMissing(
  client: EndpointServiceClient,
  place: MirrorPlace,
  name: string,
  { serves, machines }: WantedEndpoint,
): Promise<void> {
  for (const one of serves) {
    await makeOnce({
      client,
      resource: name,
      what: `deploy ${one.key}`,
      find: async () => serving((await get(client, name)).deployedModels ?? [], one),
      order: async () => {
        const { deployedModels } = await get(client, name);
        return client.deployModel(
          {
            endpoint: name,
            deployedModel: {
              id: one.id,
              model: one.model,
              displayName: one.key,
              ...(place.serviceAccount === undefined || !machines ? {} : { serviceAccount: place.serviceAccount }),
              ...(machines ? { dedicatedResources: resourcesOf(machines) } : {}),
            },
            // The first one has to take all of it; later it is moved in one step.
            ...((deployedModels ?? []).length === 0 ? { trafficSplit: { 0: 100 } } : {}),
          },
          CALL,
        );
      },
    });
  }
}

function resourcesOf({ type, accelerator, acceleratorCount, min, max }: Machines) {
  return {
    machineSpec: {
      machineType: type,
      ...(accelerator === undefined
        ? {}
        : { acceleratorType: accelerator as 'NVIDIA_L4', acceleratorCount: acceleratorCount ?? 1 }),
    },
    minReplicaCount: min,
    maxReplicaCount: max,
  };
}

const get = async (client: EndpointServiceClient, name: string): Promise<Endpoint> =>
  (await again(() => client.getEndpoint({ name }, CALL)))[0];

/** Sets labels and traffic in one step, by the etag: whoever changes it at the same time is not overwritten unseen. */
async function moveTraffic(client: EndpointServiceClient, name: string, wanted: WantedEndpoint): Promise<void> {
  for (let round = 1; ; round += 1) {
    const endpoint = await get(client, name);
    const there = endpoint.deployedModels ?? [];
    const paths = [
      ...(isSplit(endpoint, wanted) ? [] : ['traffic_split']),
      ...(Object.keys(wanted.labels).every((key) => endpoint.labels?.[key] === wanted.labels[key]) ? [] : ['labels']),
    ];
    if (paths.length === 0) return;
    try {
      await client.updateEndpoint(
        {
          endpoint: {
            name,
            etag: endpoint.etag ?? '',
            trafficSplit: splitOf(there, wanted),
            labels: { ...endpoint.labels, ...wanted.labels },
          },
          updateMask: { paths },
        },
        CALL,
      );
      return;
    } catch (error) {
      const code = codeOf(error) ?? -1;
      const mayPass = ([CODE.aborted, CODE.precondition, CODE.unavailable, CODE.deadline] as number[]).includes(code);
      if (!mayPass || round === ROUNDS) throw error;
    }
  }
}

async function takeOff(client: EndpointServiceClient, name: string, wanted: WantedEndpoint): Promise<void> {
  for (let round = 1; ; round += 1) {
    const [next] = stale((await get(client, name)).deployedModels ?? [], wanted);
    if (!next) return;
    try {
      await runOperation(client, name, () =>
        client.undeployModel({ endpoint: name, deployedModelId: next.id ?? '' }, CALL),
      );
    } catch (error) {
      // Gone already, or something else at work: the next look tells.
      const code = codeOf(error) ?? -1;
      const mayPass = ([CODE.notFound, CODE.precondition, CODE.unavailable, CODE.deadline] as number[]).includes(code);
      if (!mayPass || round > wanted.ownIds.length + ROUNDS) throw error;
    }
  }
}
