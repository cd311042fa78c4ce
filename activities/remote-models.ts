import { join } from 'node:path';
import { canonicalJson } from '../configs/canonical-json.ts';
import { terminal } from '../configs/failure.ts';
import type { ArtifactRef } from '../configs/refs.ts';
import type { RemoteModel } from '../configs/remote-model.ts';
import type { Generator, TuneSettings } from '../adapters/contracts.ts';
import { remoteModelAt, writeRemoteModel } from '../adapters/remote/model-file.ts';
import { findArtifact } from '../artifacts/ledger/artifacts.ts';
import type { StepContext } from './step/context.ts';
import type { Deps } from './step/deps.ts';

/** Stores the file that names a tuner's base model. Its digest says which model; where it is asked, it does not say. */
export async function saveRemoteBase(
  context: Pick<StepContext<unknown>, 'deps' | 'scratch' | 'save'>,
  { name, settings }: { name: string; settings: TuneSettings },
): Promise<ArtifactRef> {
  const { tuner: provider } = settings;
  const { tuners } = context.deps;
  const { baseOf } = tuners[provider] ?? {};
  if (!baseOf)
    throw terminal(
      'NoSuchTuner',
      `no tuner here takes a base model by name as ${provider}: known are ${Object.keys(tuners).join(', ')}`,
    );
  const folder = join(context.scratch, 'base');
  await writeRemoteModel(folder, baseOf(name, settings));
  return context.save('Model', { folder }, { kind: 'remote', provider, from: name });
}

/** Which model at a vendor an artifact names; undefined: it is a model of this machine. */
export async function remoteModelOf(
  deps: Pick<Deps, 'ledger' | 'store'>,
  model: string,
): Promise<RemoteModel | undefined> {
  return (await isRemoteModel(deps, model)) ? remoteModelAt(await deps.store.path(model)) : undefined;
}

/** Whether a model lies at a vendor. */
export async function isRemoteModel({ ledger }: Pick<Deps, 'ledger'>, model: string): Promise<boolean> {
  const meta = JSON.parse((await findArtifact(ledger, model))?.meta_json ?? '{}') as { kind?: string };
  return meta.kind === 'remote';
}

/**
 * Who answers for a stored model: the generator of its vendor, or this machine's.
 *
 * @throws TerminalError `NoGenerator`
 */
export async function generatorOf(
  deps: Deps,
  model: string,
): Promise<{ generator: Generator; remote: RemoteModel | undefined }> {
  const remote = await remoteModelOf(deps, model);
  if (!remote) return { generator: deps.generator, remote };
  const generator = deps.generators?.[remote.provider];
  if (generator) return { generator, remote };
  throw terminal(
    'NoGenerator',
    `nobody here can ask models of ${remote.provider}: known are ${Object.keys(deps.generators ?? {}).join(', ') || 'none'}`,
  );
}

/**
 * What the answers of models depend on beside the models, as parts of a key, by the roles of the models. Where all have
 * the same generator, the parts are its own.
 */
export async function generatorParts(
  deps: Deps,
  models: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const identities = await Promise.all(
    Object.entries(models).map(async ([role, model]) => {
      const { generator } = await generatorOf(deps, model);
      return [role, await generator.identity()] as const;
    }),
  );
  const [first] = identities;
  if (!first) return {};
  if (new Set(identities.map(([, identity]) => canonicalJson(identity))).size === 1) return first[1];
  return Object.fromEntries(
    identities.flatMap(([role, identity]) =>
      Object.entries(identity).map(([name, value]) => [`${role}.${name}`, value]),
    ),
  );
}
