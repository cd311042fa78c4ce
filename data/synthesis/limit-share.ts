import { apportion } from './allocate.ts';
import type { Candidate } from './filter.ts';

const MOST = 1e12;

/** Most synthetic rows beside real ones: their share of all training rows stays at or below `maxShare`. */
export function mostBeside(realRows: number, maxShare: number): number {
  if (maxShare >= 1) return Infinity;
  let most = Math.floor((maxShare * realRows) / (1 - maxShare));
  // More than anybody has; beyond 2^53 there would be no next number.
  if (most > MOST) return Infinity;
  // 0.1 and its like are not exact: the definition decides.
  while ((most + 1) / (most + 1 + realRows) <= maxShare) most++;
  while (most > 0 && most / (most + realRows) > maxShare) most--;
  return most;
}

/**
 * Leaves out what is beyond the limits: every class gives the same part of what it has, so that what was aimed
 * at stays in proportion, and which rows go depends on their ids alone. The order stays.
 */
export function limitShare(
  accepted: readonly Candidate[],
  realRows: number,
  maxShare: number,
  maxRows: number = Infinity,
): { kept: Candidate[]; leftOut: Candidate[] } {
  const most = Math.min(mostBeside(realRows, maxShare), maxRows);
  if (accepted.length <= most) return { kept: [...accepted], leftOut: [] };
  const byLabel = Map.groupBy(accepted, ({ row, ask }) => row.label ?? ask.label ?? '');
  const labels = [...byLabel.keys()].toSorted();
  const shares = apportion(
    most,
    labels.map((label) => (byLabel.get(label) as Candidate[]).length),
  );
  const stays = new Set(
    labels.flatMap((label, i) =>
      (byLabel.get(label) as Candidate[])
        .toSorted((a, b) => (a.row.id < b.row.id ? -1 : a.row.id > b.row.id ? 1 : 0))
        .slice(0, shares[i]),
    ),
  );
  return {
    kept: accepted.filter((candidate) => stays.has(candidate)),
    leftOut: accepted.filter((candidate) => !stays.has(candidate)),
  };
}
