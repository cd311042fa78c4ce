import type { ModelServiceClient } from '@google-cloud/aiplatform/build/src/v1/model_service_client.js';
import type { protos } from '@google-cloud/aiplatform';
import type { MirrorPlace, MirrorResult, WantedLine, WantedModel } from '../../mirror.ts';
import { again, CALL, lookUp, sentence } from './calls.ts';
import type { Clients } from './clients.ts';
import { makeOnce } from './operations.ts';

type Model = protos.google.cloud.aiplatform.v1.IModel;

/**
 * Shows the versions of a line in the Model Registry: puts there what is ours to put, then sets labels, description
 * and aliases right. Aliases that people gave are left alone.
 */
export async function mirrorModels(
  clients: Clients,
  place: MirrorPlace,
  { models, ownAliases }: WantedLine,
  dryRun: boolean,
): Promise<MirrorResult[]> {
  const results: MirrorResult[] = [];
  const there = new Map<string, { name: string; model: Model }>();
  for (const wanted of models) {
    try {
      const found = await findOrPut(clients, place, wanted, dryRun);
      if ('result' in found) {
        results.push(found.result);
        continue;
      }
      there.set(wanted.key, found);
      const what = [...found.what, ...(await setRight(await clients.models(), found, wanted, dryRun))];
      const state = found.isNew ? 'created' : what.length === 0 ? 'equal' : dryRun ? 'differs' : 'changed';
      results.push({ kind: 'model', key: wanted.key, name: found.name, state, what });
    } catch (error) {
      results.push(failed(wanted.key, error));
    }
  }
  await takeOff(clients, { models, ownAliases, there, results, dryRun });
  return results;
}

const failed = (key: string, error: unknown): MirrorResult => ({
  kind: 'model',
  key,
  state: 'failed',
  what: [],
  why: sentence(error, `${key} in the Model Registry`),
});

type Placed = { name: string; model: Model; isNew: boolean; what: string[] };

/** Finds the version, or puts it there. */
async function findOrPut(
  clients: Clients,
  place: MirrorPlace,
  wanted: WantedModel,
  dryRun: boolean,
): Promise<Placed | { result: MirrorResult }> {
  const client = await clients.models();
  const found = await find(clients, client, place, wanted);
  if (found) return { ...named(found), isNew: false, what: [] };
  const { key, upload } = wanted;
  if (!upload) {
    const where = wanted.registered ?? wanted.job ?? wanted.endpoint;
    const why = `${key} is not in the Model Registry${where === undefined ? '' : ` (${where})`}: it was deleted there, or lies in another project; only a new tuning job puts it there`;
    return { result: { kind: 'model', key, state: 'failed', what: [], why } };
  }
  if (dryRun) return { result: { kind: 'model', key, state: 'missing', what: ['upload'] } };
  const parent = `projects/${place.project}/locations/${place.location}`;
  const name = `${parent}/models/${upload.modelId}`;
  const { made, isNew } = await makeOnce({
    client,
    resource: name,
    what: key,
    find: () => find(clients, client, place, wanted),
    order: async () => {
      const isThere = (await lookUp(() => client.getModel({ name }, CALL))) !== undefined;
      return client.uploadModel(
        {
          parent,
          ...(isThere ? { parentModel: name } : { modelId: upload.modelId }),
          ...(place.serviceAccount === undefined ? {} : { serviceAccount: place.serviceAccount }),
          model: modelOf(wanted, upload, place),
        },
        CALL,
      );
    },
  });
  // An order from before a kill may have been carried out meanwhile.
  return { ...named(made), isNew, what: [isNew ? 'uploaded' : 'upload under way has ended'] };
}

/** A model as it is uploaded, so that it is whole from the first moment. */
function modelOf(
  { labels, aliases, description }: WantedModel,
  { displayName, artifactUri, container }: NonNullable<WantedModel['upload']>,
  { kmsKey }: MirrorPlace,
): Model {
  return {
    displayName,
    artifactUri,
    labels,
    versionAliases: aliases,
    versionDescription: description,
    ...(kmsKey === undefined ? {} : { encryptionSpec: { kmsKeyName: kmsKey } }),
    ...(container === undefined
      ? {}
      : {
          containerSpec: {
            imageUri: container.imageUri,
            command: container.command ?? [],
            args: container.args ?? [],
            ports: (container.ports ?? []).map((containerPort) => ({ containerPort })),
            predictRoute: container.predictRoute ?? '',
            healthRoute: container.healthRoute ?? '',
          },
        }),
  };
}

/**
 * The version in the registry. One of ours: by its files, whose address holds its digest, or by its label. One of the
 * vendor's: by its name, by the job that made it, by the endpoint that serves it, or by its label.
 */
async function find(
  clients: Clients,
  client: ModelServiceClient,
  place: MirrorPlace,
  wanted: WantedModel,
): Promise<Model | undefined> {
  const { registered, upload, mark } = wanted;
  const parent = `projects/${place.project}/locations/${place.location}`;
  if (upload) {
    const name = `${parent}/models/${upload.modelId}`;
    const versions = await lookUp(async () => {
      const [all] = await client.listModelVersions({ name }, CALL);
      return all;
    });
    const oldest = versions?.toSorted((a, b) => Number(a.versionId) - Number(b.versionId));
    return (
      oldest?.find(({ artifactUri }) => artifactUri === upload.artifactUri) ??
      oldest?.find(({ labels }) => labels?.[mark[0]] === mark[1])
    );
  }
  const name =
    registered ?? (await byJob(clients, wanted.job)) ?? (await byEndpoint(clients, wanted.endpoint)) ?? undefined;
  if (name !== undefined) {
    const found = await lookUp(() => client.getModel({ name }, CALL));
    if (found) return found[0];
  }
  const [marked] = await again(() => client.listModels({ parent, filter: `labels.${mark[0]}="${mark[1]}"` }, CALL));
  return marked.find(({ labels }) => labels?.[mark[0]] === mark[1]);
}

async function byJob(clients: Clients, job: string | undefined): Promise<string | undefined> {
  if (job === undefined || !job.includes('/tuningJobs/')) return undefined;
  const client = await clients.tuning();
  const found = await lookUp(() => client.getTuningJob({ name: job }, CALL));
  return found?.[0].tunedModel?.model ?? undefined;
}

async function byEndpoint(clients: Clients, endpoint: string | undefined): Promise<string | undefined> {
  if (endpoint === undefined || !/\/endpoints\/[^/]+$/.test(endpoint)) return undefined;
  const client = await clients.endpoints();
  const found = await lookUp(() => client.getEndpoint({ name: endpoint }, CALL));
  const [deployed] = found?.[0].deployedModels ?? [];
  if (!deployed?.model) return undefined;
  return deployed.modelVersionId ? `${deployed.model}@${deployed.modelVersionId}` : deployed.model;
}

const named = (model: Model): { name: string; model: Model } => ({
  name: `${(model.name ?? '').split('@')[0]}@${model.versionId ?? '1'}`,
  model,
});

/** Sets labels, description and aliases of a version right; says what was, or would be. */
async function setRight(
  client: ModelServiceClient,
  { name, model }: { name: string; model: Model },
  { labels, aliases, description }: WantedModel,
  dryRun: boolean,
): Promise<string[]> {
  const what: string[] = [];
  const wrong = Object.keys(labels).filter((key) => model.labels?.[key] !== labels[key]);
  const paths = [
    ...(wrong.length > 0 ? ['labels'] : []),
    ...((model.versionDescription ?? '') === description ? [] : ['version_description']),
  ];
  if (wrong.length > 0) what.push(`labels ${wrong.join(', ')}`);
  if (paths.includes('version_description')) what.push('description');
  if (paths.length > 0 && !dryRun) {
    const wanted = { name, versionDescription: description, labels: { ...model.labels, ...labels } };
    await again(() => client.updateModel({ model: wanted, updateMask: { paths } }, CALL));
  }
  const missing = aliases.filter((alias) => !(model.versionAliases ?? []).includes(alias));
  if (missing.length > 0) {
    what.push(`alias ${missing.join(', ')}`);
    if (!dryRun) await again(() => client.mergeVersionAliases({ name, versionAliases: missing }, CALL));
  }
  return what;
}

/** Takes aliases of the line off versions that no longer have them: they moved to a version of another model. */
async function takeOff(
  clients: Clients,
  at: {
    models: readonly WantedModel[];
    ownAliases: readonly string[];
    there: ReadonlyMap<string, { name: string; model: Model }>;
    results: MirrorResult[];
    dryRun: boolean;
  },
): Promise<void> {
  const { models, ownAliases, there, results, dryRun } = at;
  for (const { key, aliases } of models) {
    const found = there.get(key);
    const result = results.find((one) => one.key === key);
    if (!found || !result || result.state === 'failed') continue;
    const { name, model } = found;
    const stale = (model.versionAliases ?? []).filter(
      (alias) => ownAliases.includes(alias) && !aliases.includes(alias),
    );
    if (stale.length === 0) continue;
    try {
      const client = await clients.models();
      // Given to another version of the same model, the alias has left this one by itself.
      const now = dryRun ? model : (await again(() => client.getModel({ name }, CALL)))[0];
      const left = stale.filter((alias) => (now.versionAliases ?? []).includes(alias));
      if (left.length > 0 && !dryRun)
        await again(() => client.mergeVersionAliases({ name, versionAliases: left.map((alias) => `-${alias}`) }, CALL));
      result.what.push(`alias ${stale.join(', ')} taken off`);
      if (result.state === 'equal') result.state = dryRun ? 'differs' : 'changed';
    } catch (error) {
      Object.assign(result, failed(key, error));
    }
  }
}
