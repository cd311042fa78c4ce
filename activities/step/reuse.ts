import { digestOf, namedParts } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { findExecution, findHit, noteExecution, outcomeOf, type Outcome } from '../../artifacts/ledger/executions.ts';
import type { ExecutionRow } from '../../artifacts/ledger/schema.ts';
import { STEPS, type RunRef } from '../../configs/refs.ts';
import type { StepContext, StepDefinition } from './context.ts';

/** Outputs that need not be made again, where they come from, and why. */
export interface Reuse {
  outcome: Outcome;
  cachedFrom: string;
  reason?: string;
}

/**
 * Looks for an earlier execution whose outputs serve as this one's: the older run's, for a step before the
 * one that `rerun --from` begins at; otherwise the newest with the same key. The named parts of the key are
 * written to the ledger either way, so that a hit or a miss can be explained.
 */
export async function findReuse<Params>(
  definition: StepDefinition<Params>,
  context: StepContext<Params>,
): Promise<Reuse | undefined> {
  const { ledger } = context.deps;
  const { rerun } = context.run.options;
  if (rerun?.from !== undefined && isBefore(definition.name, rerun.from)) {
    const old = await findExecution(ledger, rerun.of, definition.name);
    const kept = old && (await takeOver(context, old, `kept from run ${rerun.of}`));
    if (kept) {
      await noteExecution(ledger, context.executionId, {
        ...(old.cache_key ? { key: old.cache_key } : {}),
        parts: JSON.parse(old.parts_json ?? '{}') as Record<string, string>,
      });
      return kept;
    }
  }
  const parts = await partsOf(definition, context);
  const key = digestOf(canonicalJson(parts));
  const forced = definition.always ? undefined : forcedBy(context.run, definition.name);
  await noteExecution(ledger, context.executionId, { key, parts, ...(forced === undefined ? {} : { reason: forced }) });
  if (definition.always || forced !== undefined) return undefined;
  const hit = await findHit(ledger, key);
  return hit && takeOver(context, hit);
}

/** The named parts of the cache key: step, params, inputs by role, versions of what does the work. */
async function partsOf<Params>(
  definition: StepDefinition<Params>,
  context: StepContext<Params>,
): Promise<Record<string, string>> {
  const { params, inputs } = context;
  const identity = (await definition.identity?.(context)) ?? {};
  if (identity.inputs) await noteExecution(context.deps.ledger, context.executionId, { inputs: identity.inputs });
  return {
    step: `${definition.name}@${definition.version}`,
    ...namedParts('params', definition.keyed ? definition.keyed(params) : params),
    ...Object.fromEntries(
      Object.entries({ ...inputs, ...identity.inputs }).map(([role, { digest }]) => [`input.${role}`, digest]),
    ),
    ...Object.fromEntries(Object.entries(identity.parts ?? {}).map(([name, value]) => [`identity.${name}`, value])),
  };
}

/** A completed execution's outputs, if every one is still there and hashes right; what is damaged is cleared away. */
async function takeOver<Params>(
  context: StepContext<Params>,
  row: ExecutionRow,
  reason?: string,
): Promise<Reuse | undefined> {
  if (row.status !== 'completed') return undefined;
  const outcome = await outcomeOf(context.deps.ledger, row);
  for (const [role, { digest }] of Object.entries(outcome.outputs)) {
    const condition = await context.deps.store.condition(digest);
    if (condition === 'ok') continue;
    await context.log('damaged', `the recorded output ${role} (${digest}) is ${condition}: the step is made again`);
    if (condition === 'corrupt') await context.deps.store.discard(digest);
    return undefined;
  }
  return { outcome, cachedFrom: row.cached_from ?? row.id, ...(reason === undefined ? {} : { reason }) };
}

/** Why a step has to be made again though nothing changed. */
export function forcedBy({ options }: RunRef, step: string): string | undefined {
  if (options.noCache) return 'made again: --no-cache';
  if (options.refresh.includes(step)) return `made again: --refresh ${step}`;
  const { rerun } = options;
  if (rerun?.from !== undefined && !rerun.goesOn && !isBefore(step, rerun.from))
    return `made again: rerun --from ${rerun.from}`;
  return undefined;
}

function isBefore(step: string, from: string): boolean {
  const order: readonly string[] = STEPS;
  return order.includes(step) && order.indexOf(step) < order.indexOf(from);
}
