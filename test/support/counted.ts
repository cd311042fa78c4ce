import type { Journal } from './google/journal.ts';

/** A create that took effect. */
export interface CountedCreate {
  key: string;
  try: string;
  name: string;
  /** ms since 1970. */
  at: number;
}

/** What jobs cost. `microUsd` is a whole number: trained tokens by USD for a million of them. */
export interface Spent {
  usd: number;
  microUsd: number;
  tokens: number;
  /** microUsd by job. */
  jobs: Record<string, number>;
}

/** The change that counts a create; of a job without labels too. */
export function countCreate(
  name: string,
  labels: Record<string, string> = {},
): { kind: string; name: string; value: CountedCreate } {
  const { anneal_key: key = '', anneal_try: number = '' } = labels;
  return { kind: 'creates', name, value: { key, try: number, name, at: Date.now() } };
}

/** The change that books what a job cost. */
export function spend(
  name: string,
  tokens: number,
  usdPerMillion: number,
): { kind: string; name: string; value: object } {
  return { kind: 'money', name, value: { tokens, microUsd: Math.round(tokens * usdPerMillion) } };
}

/** Creates by `anneal_key/anneal_try`. */
export function createsIn(journal: Journal): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, { key, try: number }] of journal.all<CountedCreate>('creates'))
    counts[`${key}/${number}`] = (counts[`${key}/${number}`] ?? 0) + 1;
  return counts;
}

/** All that was spent. */
export function moneyIn(journal: Journal): Spent {
  const spent = journal.all<{ tokens: number; microUsd: number }>('money');
  const microUsd = spent.reduce((sum, [, one]) => sum + one.microUsd, 0);
  const tokens = spent.reduce((sum, [, one]) => sum + one.tokens, 0);
  return {
    usd: microUsd / 1e6,
    microUsd,
    tokens,
    jobs: Object.fromEntries(spent.map(([name, one]) => [name, one.microUsd])),
  };
}
