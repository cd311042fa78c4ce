import { remoteModelAt } from '../../adapters/remote/model-file.ts';
import { labelValue } from '../../adapters/remote/labels.ts';
import { deployedId, digestLabel, idOf, isAlias } from '../../adapters/google/ids.ts';
import type { MirrorOptions, MirrorPlace, MirrorResult, WantedEndpoint, WantedModel } from '../../adapters/mirror.ts';
import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { forgetMirrored, noteMirrored } from '../../artifacts/ledger/mirrored.ts';
import { listModels, type ModelLine } from '../../artifacts/ledger/models.ts';
import type { GoogleMirror } from '../../configs/google-mirror.ts';
import type { Google } from '../../configs/google.ts';
import { TerminalError } from '../../configs/failure.ts';
import type { Mirroring } from './deps.ts';

type Version = ModelLine['versions'][number];

/** Label by which a model of ours is known. */
const MARK = 'anneal_digest';

/** Shows a line of models in the registry, and has its endpoint serve what its aliases say. */
export async function syncLine(
  deps: Mirroring,
  name: string,
  { google, settings }: { google: Google; settings: GoogleMirror },
  options: MirrorOptions,
): Promise<MirrorResult[]> {
  if (!settings.registry && !settings.endpoint) return [];
  const place = await deps.placeOf(google);
  const lines = await listModels(deps.ledger);
  const line = lines.find((one) => one.name === name);
  if (!line) return [];
  const results: MirrorResult[] = [];
  const groups = new Map<string, { place: MirrorPlace; models: WantedModel[] }>();
  for (const version of line.versions) {
    const key = `${name}@v${version.version}`;
    const about = { lines, line, version, google, settings, place, dryRun: options.dryRun };
    const wanted = await wantedModel(deps, about).catch(damaged);
    if ('why' in wanted) {
      results.push({ kind: 'model', key, state: 'left', what: [], ...wanted });
      continue;
    }
    const group = groups.get(wanted.place.location) ?? { place: wanted.place, models: [] };
    groups.set(wanted.place.location, group);
    group.models.push(wanted.model);
  }
  const ownAliases = [
    ...new Set(line.versions.flatMap(({ aliases, version }) => [...aliases.filter(isAlias), `v${version}`])),
  ];
  for (const group of groups.values()) {
    const shown = await deps.mirror.models(group.place, { models: group.models, ownAliases }, options);
    results.push(...shown);
    if (!options.dryRun) await noteModels(deps, line, shown);
  }
  for (const { aliases } of line.versions)
    for (const alias of aliases.filter((one) => !isAlias(one)))
      results.push({
        kind: 'model',
        key: `${name}@${alias}`,
        state: 'left',
        what: [],
        why: `the registry does not take "${alias}" as an alias: it wants two characters or more, and no "-" at the end`,
      });
  if (settings.endpoint) results.push(await syncEndpoint(deps, { line, settings, place, results }, options));
  return results;
}

/** A version whose own files are gone keeps none of the others from being shown. */
function damaged(error: unknown): { why: string; state: 'failed' } {
  const own = ['MissingArtifact', 'CorruptArtifact', 'StorageRefused'];
  if (error instanceof TerminalError && own.includes(error.type)) return { why: error.message, state: 'failed' };
  throw error;
}

async function noteModels({ ledger }: Mirroring, line: ModelLine, shown: readonly MirrorResult[]): Promise<void> {
  for (const { key, name } of shown) {
    const version = line.versions.find((one) => `${line.name}@v${one.version}` === key);
    if (name !== undefined && version) await noteMirrored(ledger, { kind: 'model', key, digest: version.digest, name });
  }
}

interface About {
  lines: readonly ModelLine[];
  line: ModelLine;
  version: Version;
  google: Google;
  settings: GoogleMirror;
  place: MirrorPlace;
  dryRun: boolean;
}

/** A version as the registry should show it; or why it cannot. */
async function wantedModel(
  deps: Mirroring,
  { lines, line, version, google, settings, place, dryRun }: About,
): Promise<{ model: WantedModel; place: MirrorPlace } | { why: string }> {
  const key = `${line.name}@v${version.version}`;
  const elsewhere = firstOf(lines, version.digest);
  if (elsewhere !== undefined && elsewhere !== key) return { why: `the same model is shown as ${elsewhere}` };
  const artifact = await findArtifact(deps.ledger, version.digest);
  const mark: [string, string] = [MARK, digestLabel(version.digest)];
  const common = {
    key,
    mark,
    aliases: [`v${version.version}`, ...version.aliases.filter(isAlias)],
    description: `${key}: ${version.verdict}. ${version.digest}, run ${version.runId}`,
    labels: {
      [mark[0]]: mark[1],
      anneal_version: `v${version.version}`,
      anneal_verdict: labelValue(version.verdict),
      anneal_registered_by: labelValue(version.runId),
    },
  };
  const meta = JSON.parse(artifact?.meta_json ?? '{}') as Record<string, unknown>;
  if (meta['kind'] === 'remote') {
    const remote = await remoteModelAt(await deps.store.path(version.digest));
    if (remote.provider !== 'vertex')
      return { why: `it lies at ${remote.provider}: the Model Registry has no place for it` };
    const { registered, job, model: endpoint } = remote;
    const location = remote.location ?? place.location;
    return {
      place: { ...place, location },
      model: { ...common, endpoint, ...(registered ? { registered } : {}), ...(job ? { job } : {}) },
    };
  }
  if (!artifact?.store)
    return { why: 'it lies in the state folder of this machine: set store to a gs:// address and tune it again' };
  if (artifact.files <= 1) return { why: 'it is a single file, and the registry takes folders' };
  const artifactUri = dryRun
    ? `${artifact.store}/models/${version.digest.replace('sha256:', '')}/`
    : await deps.publish(artifact.store, version.digest, google);
  const { container } = settings;
  return {
    place,
    model: {
      ...common,
      labels: { ...common.labels, anneal_run: labelValue(version.runId), anneal_line: labelValue(line.name) },
      upload: {
        modelId: `anneal-${idOf(line.name, 56)}`,
        displayName: line.name,
        artifactUri,
        ...(container
          ? {
              container: {
                imageUri: container.image,
                ports: [container.port],
                ...(container.command ? { command: container.command } : {}),
                ...(container.args ? { args: container.args } : {}),
                ...(container.predictRoute ? { predictRoute: container.predictRoute } : {}),
                ...(container.healthRoute ? { healthRoute: container.healthRoute } : {}),
              },
            }
          : {}),
      },
    },
  };
}

/** The version that a model got first, over all lines. */
function firstOf(lines: readonly ModelLine[], digest: string): string | undefined {
  const all = lines.flatMap(({ name, versions }) =>
    versions.flatMap((one) => (one.digest === digest ? [{ key: `${name}@v${one.version}`, at: one.createdAt }] : [])),
  );
  return all.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))[0]?.key;
}

/** Has the endpoint serve the versions that its aliases point to now. */
async function syncEndpoint(
  { ledger, mirror }: Mirroring,
  at: { line: ModelLine; settings: GoogleMirror; place: MirrorPlace; results: readonly MirrorResult[] },
  options: MirrorOptions,
): Promise<MirrorResult> {
  const { line, settings, place, results } = at;
  const settled = settings.endpoint as NonNullable<GoogleMirror['endpoint']>;
  const { name: id, machine } = settled;
  const failed = (why: string): MirrorResult => ({ kind: 'endpoint', key: id, state: 'failed', what: [], why });
  const shares = sharesOf(line, settled.traffic);
  if (shares.length === 0) {
    const why = `no version of ${line.name} has one of the aliases ${Object.keys(settled.traffic).join(', ')} yet`;
    return { kind: 'endpoint', key: id, state: 'left', what: [], why };
  }
  const serves: WantedEndpoint['serves'] = [];
  for (const { version, share } of shares) {
    const key = `${line.name}@v${version.version}`;
    const model = results.find((one) => one.kind === 'model' && one.key === key)?.name;
    // Looked at only, it may have to be put there first.
    if (model === undefined && !options.dryRun)
      return failed(
        `${key} is not in the Model Registry, so endpoint ${id} cannot serve it: see what stands there about it`,
      );
    serves.push({ key, id: deployedId(version.digest), model: model ?? key, share });
  }
  const endpoint: WantedEndpoint = {
    id,
    displayName: line.name,
    labels: { anneal_version: labelValue(`v${shares[0]?.version.version ?? 0}`) },
    mark: ['anneal_line', labelValue(line.name)],
    serves,
    ownIds: line.versions.map(({ digest }) => deployedId(digest)),
    ...(machine
      ? {
          machines: {
            type: machine.type,
            min: machine.min,
            max: Math.max(machine.min, machine.max),
            ...(machine.accelerator
              ? { accelerator: machine.accelerator, acceleratorCount: machine.acceleratorCount }
              : {}),
          },
        }
      : {}),
  };
  const result = await mirror.endpoint(place, endpoint, options);
  if (!options.dryRun && result.name !== undefined && result.state !== 'failed') {
    const keys = serves.map(({ key }) => `${id}/${key}`);
    for (const { version } of shares) {
      const key = `${id}/${line.name}@v${version.version}`;
      await noteMirrored(ledger, { kind: 'endpoint', key, digest: version.digest, name: result.name });
    }
    await forgetMirrored(ledger, 'endpoint', `${id}/`, keys);
  }
  return result;
}

/** Percent of the traffic by version; aliases that point to nothing give theirs to the first that does. */
function sharesOf(line: ModelLine, traffic: Record<string, number>): { version: Version; share: number }[] {
  const shares = new Map<Version, number>();
  let free = 0;
  for (const [alias, share] of Object.entries(traffic)) {
    const version = line.versions.find(({ aliases }) => aliases.includes(alias));
    if (version) shares.set(version, (shares.get(version) ?? 0) + share);
    else free += share;
  }
  return [...shares].map(([version, share], i) => ({ version, share: i === 0 ? share + free : share }));
}
