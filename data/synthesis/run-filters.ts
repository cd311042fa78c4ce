import type { AnyFilter } from '../../configs/synthesis-filters.ts';
import type { Candidate, FilterWorld, Verdict } from './filter.ts';
import { ALL_FILTERS, ALL_FOLLOW_UPS } from './filters/all.ts';
import type { Ask } from './strategy.ts';
import { countReasons, type FilterYield } from './yield.ts';

/** A candidate that a filter took out. */
export interface Rejected {
  candidate: Candidate;
  filter: string;
  reason: string;
  detail?: string;
}

export interface Filtered {
  accepted: Candidate[];
  rejected: Rejected[];
  /** One for each filter, in order. */
  yields: FilterYield[];
  /** What filters found, by their name. */
  findings: Record<string, unknown>;
}

/** Asks generators; one answer for each ask, in the same order, undefined where none could be read. */
export type AskAll = (asks: Ask[]) => Promise<readonly unknown[]>;

/**
 * Puts candidates through filters, one filter after the other: each sees only what those before it let through.
 * Every candidate comes out once, accepted or rejected.
 */
export async function runFilters(
  filters: readonly AnyFilter[],
  candidates: readonly Candidate[],
  world: FilterWorld,
  askAll: AskAll,
): Promise<Filtered> {
  let accepted = [...candidates];
  const rejected: Rejected[] = [];
  const yields: FilterYield[] = [];
  const findings: Record<string, unknown> = {};
  for (const settings of filters) {
    const { verdicts, found } = await judgeAll(settings, accepted, world, askAll);
    if (Object.keys(found).length > 0) findings[settings.filter] = found;
    const before = accepted;
    const out: Rejected[] = [];
    accepted = [];
    for (const [i, candidate] of before.entries()) {
      const verdict = verdicts[i];
      if (verdict === undefined) accepted.push(candidate);
      else if ('row' in verdict) accepted.push({ ...candidate, row: verdict.row });
      else {
        const { out: reason, detail } = verdict;
        out.push({ candidate, filter: settings.filter, reason, ...(detail === undefined ? {} : { detail }) });
      }
    }
    rejected.push(...out);
    const reasons = countReasons(out.map(({ reason }) => reason));
    yields.push({ filter: settings.filter, in: before.length, out: out.length, reasons });
  }
  return { accepted, rejected, yields, findings };
}

async function judgeAll(
  settings: AnyFilter,
  candidates: readonly Candidate[],
  world: FilterWorld,
  askAll: AskAll,
): Promise<{ verdicts: Verdict[]; found: Record<string, unknown> }> {
  const followUp = ALL_FOLLOW_UPS[settings.filter];
  if (followUp) {
    const asks = followUp.plan(settings, candidates, world);
    const answers = asks.length > 0 ? await askAll(asks) : [];
    if (answers.length !== asks.length)
      throw new Error(`${settings.filter}: ${asks.length} asks, but ${answers.length} answers`);
    return { verdicts: followUp.apply(settings, candidates, answers), found: {} };
  }
  const filter = ALL_FILTERS[settings.filter];
  if (!filter) throw new Error(`there is no filter ${settings.filter}`);
  const run = await filter.start(settings, world);
  if (run.observe) for (const candidate of candidates) run.observe(candidate);
  const verdicts = candidates.map((candidate) => run.apply(candidate));
  return { verdicts, found: run.findings?.() ?? {} };
}
