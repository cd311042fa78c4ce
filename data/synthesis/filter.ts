import type { Policy, World } from '../policies/policy.ts';
import type { Row } from '../row.ts';
import type { Ask, Given } from './strategy.ts';

/** A synthetic row that has yet to be let through; `row.origin` says who made it. */
export interface Candidate {
  row: Row;
  /** The ask that it answers. */
  ask: Ask;
}

/** What becomes of a candidate: let through as it is, let through in another form, or out. */
export type Verdict =
  | undefined
  | { row: Row }
  /** `out` is one of few fixed reasons, to be counted; `detail` is for people. */
  | { out: string; detail?: string };

/** What a filter may know beyond the candidate before it. */
export interface FilterWorld extends World {
  /** The training rows and what is known of them. */
  given: Given;
}

/** A filter at work on one set of candidates. */
export interface FilterRun {
  /** Sees every candidate once before the first `apply`; only for what needs to know the whole. */
  observe?(candidate: Candidate): void;
  apply(candidate: Candidate): Verdict;
  /** Small findings for the report; called once, after the last candidate. */
  findings?(): Record<string, unknown>;
}

/** One rule that synthetic rows have to pass. Each is a file of this shape. */
export interface Filter<Settings> {
  name: string;
  start(settings: Settings, world: FilterWorld): FilterRun | Promise<FilterRun>;
}

/** A rule that has to ask a generator about each candidate. Each is a file of this shape. */
export interface FollowUp<Settings> {
  name: string;
  /** The same number of asks for every candidate, in order of the candidates. */
  plan(settings: Settings, candidates: readonly Candidate[], world: FilterWorld): Ask[];
  /**
   * Judges by the answers, one for each ask in the same order, read with `checkAnswer`; undefined where there is
   * none that can be used, which never speaks for a row.
   */
  apply(settings: Settings, candidates: readonly Candidate[], answers: readonly unknown[]): Verdict[];
}

/**
 * A rule of preparation as a filter.
 *
 * @param reason What it is counted as when a row is out.
 * @param remembers Whether it has to see the training rows first, so that a candidate can repeat one.
 */
export function policyFilter<Settings>(
  policy: Policy<Settings>,
  reason: string,
  { remembers }: { remembers: boolean },
): Filter<Settings> {
  return {
    name: policy.name,
    async start(settings, world) {
      const run = await policy.start(settings, world);
      const real = remembers ? world.given.rows : [];
      for (const row of real) run.observe?.(row);
      let isReady = false;
      return {
        ...(run.observe ? { observe: ({ row }: Candidate) => run.observe?.(row) } : {}),
        apply({ row }) {
          // Only now, since a policy may have to observe the candidates first. What it thinks of real rows is
          // the business of preparation.
          if (!isReady) for (const before of real) run.apply(before);
          isReady = true;
          const decision = run.apply(row);
          if (!decision || 'note' in decision) return undefined;
          return 'row' in decision ? { row: decision.row } : { out: reason, detail: decision.why };
        },
        findings: () => run.findings?.() ?? {},
      };
    },
  };
}
