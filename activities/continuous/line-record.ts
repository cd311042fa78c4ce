import { findArtifact } from '../../artifacts/ledger/artifacts.ts';
import { frozenOf } from '../../artifacts/ledger/frozen.ts';
import { versionAt } from '../../artifacts/ledger/models.ts';
import { lastFromBase, lineState, setReanchor, skipRun, type LineState } from '../../artifacts/ledger/watermark.ts';
import type { Continuous } from '../../configs/continuous.ts';
import { terminal } from '../../configs/failure.ts';
import { msOf } from '../../configs/duration.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { createNotePending } from './arrivals.ts';
import { losses, meanLoss } from './losses.ts';
import type { Deps } from '../step/deps.ts';

/** What a continuous run reads of its line when it begins. */
export interface LineReading extends Omit<LineState, 'accepted'> {
  /** Periods that were accepted. */
  accepted: number;
  /** Why nobody may tune or promote it now; null: nothing stands against it. */
  closed: string | null;
}

/** What a training begins with, and why. */
export interface Start {
  /** The champion's artifact; null: the base model. */
  model: ArtifactRef | null;
  /** Warm starts in a row that the training would be; 0: from the base model. */
  depth: number;
  why: string;
}

/** Bookkeeping of a line: a few rows in the ledger. */
export interface LineRecord {
  readLine(line: { line: string; model: string }): Promise<LineReading>;
  /** Ends the run as skipped; gives how many of the line were skipped in a row. */
  skipRun(skip: { line: string; runId: string; reason: string }): Promise<number>;
  /** Notes how many rows wait, and gives since when they do. */
  notePending(pending: { line: string; waiting: number }): Promise<string | null>;
  /** The next training begins at the base model. */
  askReanchor(ask: { line: string; why: string }): Promise<void>;
  chooseStart(question: StartQuestion): Promise<Start>;
}

export interface StartQuestion {
  line: string;
  /** Name of the model, and the alias of its champion. */
  name: string;
  alias: string;
  base: ArtifactRef;
  tune: Recipe['tune'];
  warmStart: Continuous['warmStart'];
  metric: string;
  /** A person asked for the base model, and why. */
  reanchor: string | null;
}

export function createLineRecord(deps: Deps): LineRecord {
  const { ledger } = deps;
  return {
    readLine: async ({ line, model }) => {
      const state = await lineState(ledger, line);
      const frozen = await frozenOf(ledger, model);
      const closed = frozen
        ? `${model} is frozen by ${frozen.actor} since ${frozen.at} (${frozen.reason}): \`anneal unfreeze ${model}\``
        : null;
      return { ...state, accepted: state.accepted.length, closed };
    },
    skipRun: (skip) => skipRun(ledger, skip),
    notePending: createNotePending(deps),
    askReanchor: ({ line, why }) => setReanchor(ledger, line, why),
    chooseStart: (question) => chooseStart(deps, question),
  };
}

/** Where a training begins: the champion where its adapter fits and no bound is passed, else the base model. */
async function chooseStart({ ledger, store, tuners }: Deps, q: StartQuestion): Promise<Start> {
  const fromBase = (why: string): Start => ({ model: null, depth: 0, why });
  if (q.warmStart.from === 'base') return fromBase('from the base model, as the recipe says');
  if (q.reanchor !== null) return fromBase(`from the base model again: ${q.reanchor}`);
  const champion = await versionAt(ledger, q.name, q.alias);
  if (!champion) return fromBase('from the base model: there is no champion yet');
  const about = `the champion ${q.name}@v${champion.version}`;
  const meta = JSON.parse((await findArtifact(ledger, champion.digest))?.meta_json ?? '{}') as Record<string, unknown>;
  if (meta['base'] !== q.base.digest) return fromBase(`from the base model: ${about} was made from another base model`);
  const condition = await store.condition(champion.digest);
  // Nothing can be compared with it: better said now than after a training.
  if (condition !== 'ok')
    throw terminal(
      'ChampionDamaged',
      `${about} is ${condition} in the store: put its files back from a copy, or \`anneal rollback ${q.name}\`; no row was used up`,
    );
  const other = await tuners[q.tune.tuner]?.misfit?.(await store.path(champion.digest), q.tune);
  if (other !== undefined) return fromBase(`from the base model: ${about} was tuned with another ${other}`);
  const depth = Number(meta['depth'] ?? 0) + 1;
  const warm = `warm start from ${about}`;
  const bound = await passedBound({ ledger }, q, { digest: champion.digest, depth, about });
  if (bound === undefined) return { model: { digest: champion.digest, type: 'Model' }, depth, why: warm };
  const tried = await lastFromBase(ledger, q.line);
  const { maxDepth } = q.warmStart;
  // Tried again at once it would come out as it did, and the line would learn nothing more.
  if (tried === undefined || tried.verdictsAgo >= maxDepth) return fromBase(`from the base model again: ${bound}`);
  const why = `${warm}, since the training from the base model in ${tried.period} was not promoted: it is due again after ${maxDepth} periods`;
  return { model: { digest: champion.digest, type: 'Model' }, depth, why };
}

/** The bound of the policy beyond which a training goes back to the base model; undefined: none is passed. */
async function passedBound(
  { ledger }: Pick<Deps, 'ledger'>,
  { line, metric, warmStart: { maxDepth, maxAge, maxLoss } }: StartQuestion,
  { digest, depth, about }: { digest: string; depth: number; about: string },
): Promise<string | undefined> {
  if (depth > maxDepth) return `${about} is ${depth - 1} warm starts away from it`;
  if (maxAge !== undefined) {
    const anchored = await anchoredAt({ ledger }, digest);
    if (anchored !== undefined && Date.now() - Date.parse(anchored) > msOf(maxAge))
      return `the last training from it is older than ${maxAge} (${anchored})`;
  }
  const lost = meanLoss(await losses(ledger, line, metric));
  if (lost > maxLoss)
    return `${about} has lost ${lost.toFixed(4)} on the slices of earlier periods, more than ${maxLoss}`;
  return undefined;
}

/** When the last training from the base model, that a chain of warm starts goes back to, was registered. */
async function anchoredAt({ ledger }: Pick<Deps, 'ledger'>, digest: string): Promise<string | undefined> {
  let at: string | undefined = digest;
  for (let step = 0; at !== undefined && step < 10_000; step += 1) {
    const row = await findArtifact(ledger, at);
    const start = (JSON.parse(row?.meta_json ?? '{}') as { start?: unknown }).start;
    if (typeof start !== 'string') return row?.created_at;
    at = start;
  }
  return undefined;
}
