import type { AnyPolicy } from '../configs/policies.ts';
import type { PolicyAccount } from './account.ts';
import type { Policy, PolicyRun, World } from './policies/policy.ts';
import { identify, type Row } from './row.ts';

/** A row that was taken out, as it is put aside. */
export interface Removed {
  /** Name of the source, where it is known. */
  file?: string;
  side: 'train' | 'test';
  source: number;
  line: number;
  policy: string;
  reason: string;
  /** The whole row, where it is worth mending. */
  row?: Row;
}

/** Takes rows in, one after the other. */
export type Sink<T> = (value: T) => void;

/** A policy that has been started, with the account it keeps. */
export interface Stage {
  run: PolicyRun;
  account: PolicyAccount;
}

/** An empty account. `in` is always `out` and `removed` together. */
export const createAccount = (policy: string, side: 'train' | 'test'): PolicyAccount => ({
  policy,
  side,
  in: 0,
  out: 0,
  changed: 0,
  noted: 0,
  removed: 0,
  reasons: {},
  examples: [],
});

/** Starts one policy. The settings were checked with the recipe. */
export async function startPolicy(
  policy: Policy<AnyPolicy>,
  settings: AnyPolicy,
  side: 'train' | 'test',
  world: World,
): Promise<Stage> {
  return { run: await policy.start(settings, world), account: createAccount(policy.name, side) };
}

/** Puts a row through stages; undefined when one of them takes it out. */
export function passThrough(stages: readonly Stage[], row: Row, removed: Sink<Removed>): Row | undefined {
  let current = row;
  for (const { run, account } of stages) {
    account.in += 1;
    const decision = run.apply(current);
    if (decision === undefined) {
      account.out += 1;
    } else if ('note' in decision) {
      account.noted += 1;
      account.out += 1;
      count(account, decision.note, current);
    } else if ('row' in decision) {
      account.changed += 1;
      account.out += 1;
      count(account, decision.why, current);
      const { source, line } = current;
      current = identify(decision.row, source, line);
    } else {
      remove(account, current, decision, removed);
      return undefined;
    }
  }
  return current;
}

/** Takes a row out, with reason and account. */
export function remove(
  account: PolicyAccount,
  row: Row,
  decision: { out: 'quarantine' | 'drop'; why: string },
  removed: Sink<Removed>,
): void {
  account.removed += 1;
  count(account, decision.why, row);
  const { source, line } = row;
  removed({
    side: account.side,
    source,
    line,
    policy: account.policy,
    reason: decision.why,
    ...(decision.out === 'quarantine' ? { row } : {}),
  });
}

/** Different reasons are counted up to this many; the rest is counted together. */
const MAX_REASONS = 40;
const MAX_EXAMPLES = 20;

function count(account: PolicyAccount, why: string, { source, line }: Row): void {
  // Reasons that name lines or texts differ from row to row; their kind is what is counted.
  const kind = kindOfReason(why);
  const known =
    Object.hasOwn(account.reasons, kind) || Object.keys(account.reasons).length < MAX_REASONS ? kind : 'other reasons';
  // A reason may be called like what every object inherits.
  account.reasons[known] = (Object.hasOwn(account.reasons, known) ? (account.reasons[known] as number) : 0) + 1;
  if (account.examples.length < MAX_EXAMPLES) account.examples.push({ source, line, reason: why });
}

/** A reason without the names and numbers in it, so that equal kinds are counted together. */
export const kindOfReason = (why: string): string =>
  why
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/\b\d+(?:\.\d+)?\b/g, 'N')
    .slice(0, 120);
