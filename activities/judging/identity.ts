import type { Judge } from '../../configs/judges.ts';
import type { ArtifactRef, Refs } from '../../configs/refs.ts';
import { describeJudge } from '../../evaluation/judges/identity.ts';
import type { Writer } from '../../adapters/contracts.ts';
import type { StepContext } from '../step/context.ts';
import { kindOf, roleOf, storeModel, writerFor } from '../synthesis/generators.ts';

/** A judge as the ledger knows it. */
export interface KnownJudge {
  /** The judge as an artifact; its digest is what calibrations and promotions are bound to. */
  ref: ArtifactRef;
  /** Identity of its model with the sampling, part of the keys of its replies. */
  model: string;
  /** The stored model that it needs, by role; nothing for an endpoint. */
  inputs: Refs;
  /** Asks it; closed by the caller. */
  writer: Writer;
}

/**
 * Finds out who a judge of a recipe is, and enters it: a run and a calibration that ask the same model for the same
 * come to the same digest.
 * @throws TerminalError `NoSuchModel`.
 */
export async function identifyJudge(context: StepContext<unknown>, name: string, judge: Judge): Promise<KnownJudge> {
  const { deps, run } = context;
  const { generator } = judge;
  const inputs: Refs = {};
  const stored = kindOf(deps, generator)?.modelOf(generator);
  if (stored !== undefined) inputs[roleOf(name)] = await storeModel(context, stored);
  const { writer, identity } = await writerFor(deps, name, generator, { run: run.id, inputs });
  const ref = await context.save('Judge', { text: describeJudge(judge, identity) }, { name, model: generator.model });
  return { ref, model: identity, inputs, writer };
}
