import { canonicalJson } from '../../configs/canonical-json.ts';
import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { refsOf } from '../../artifacts/ledger/executions.ts';
import { versionNamed } from '../../artifacts/ledger/models.ts';
import { terminal } from '../../configs/failure.ts';
import { parseName } from '../../configs/names.ts';
import type { ArtifactRef, Refs } from '../../configs/refs.ts';
import type { Generator } from '../../configs/synthesis.ts';
import type { Writer, WriterKind } from '../../adapters/contracts.ts';
import type { StepContext } from '../step/context.ts';
import type { Deps } from '../step/deps.ts';

/** The kind of a generator that is asked in words; undefined for a grammar, which is not. */
export const kindOf = ({ writers }: Deps, settings: Generator): WriterKind<Generator> | undefined =>
  writers[settings.kind];

/** Role of a generator's model or grammar among the inputs of the step. */
export const roleOf = (name: string): string => `generator.${name}`;

/**
 * The model a generator needs, stored: a folder, a Hugging Face name, or a registered model such as name@champion.
 * @throws TerminalError `NoSuchModel`.
 */
export async function storeModel(context: StepContext<unknown>, model: string): Promise<ArtifactRef> {
  const { ledger, models } = context.deps;
  const named = parseName(model);
  if (named) {
    const found = await versionNamed(ledger, named);
    if (!found)
      throw terminal('NoSuchModel', `there is no model ${model} to write rows: \`anneal models\` lists what there is`);
    return { digest: found.digest, type: 'Model' };
  }
  const { folder, files, revision } = await models.resolve(model, undefined, context.run.id, {
    signal: context.signal,
  });
  return context.save(
    'Model',
    { folder, only: files },
    { kind: 'base', from: model, ...(revision ? { revision } : {}) },
  );
}

/** A writer for a generator, and what its answers depend on, settings included. */
export async function writerFor(
  deps: Deps,
  name: string,
  settings: Generator,
  { run, inputs }: { run: string; inputs: Refs },
): Promise<{ writer: Writer; identity: string }> {
  const kind = kindOf(deps, settings);
  if (!kind || settings.kind === 'grammar') throw new Error(`the generator ${name} cannot be asked in words`);
  const model = inputs[roleOf(name)];
  const place = model ? await placeOf(deps, model.digest, kind) : {};
  const writer = kind.create(settings, { run, ...place });
  const { temperature, topP, maxTokens } = settings;
  const own = await writer.identity();
  // A model of ours is known by its content, one behind an endpoint by its name alone.
  const identity = { ...own, temperature, topP, maxTokens, model: model?.digest ?? own['model'] ?? null };
  return { writer, identity: canonicalJson(identity) };
}

/** Folders of a stored model: its base, and the adapter when it is one. */
async function placeOf(
  { ledger, store }: Deps,
  digest: string,
  { isRemote }: Pick<WriterKind<Generator>, 'isRemote'>,
): Promise<{ base: string; adapter?: string }> {
  const meta = JSON.parse((await findArtifact(ledger, digest))?.meta_json ?? '{}') as { kind?: string; base?: string };
  if ((meta.kind === 'remote') !== (isRemote === true))
    throw terminal(
      'NoSuchModel',
      isRemote
        ? 'the model lies on this machine, and the generator asks a vendor: give a generator of kind mlx, or a model that was tuned at the vendor'
        : 'a model that lies at a vendor cannot write rows on this machine: give a generator of kind vertex or endpoint, or a model whose files are here',
    );
  const path = await store.path(digest);
  return meta.kind === 'adapter' ? { base: await store.path(String(meta.base)), adapter: path } : { base: path };
}

/** Inputs that the step has noted, found again by those who act for it. */
export const inputsOf = ({ ledger }: Deps, executionId: string): Promise<Refs> => refsOf(ledger, executionId, 'in');
