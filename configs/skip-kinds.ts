/** Kinds of skips by what their reasons say, the first that fits. */
const SKIPS: readonly [RegExp, string][] = [
  [/frozen/i, 'frozen'],
  [/paused/i, 'paused'],
  [/budget/i, 'budget gone'],
  [/missed/i, 'missed'],
  [/no harm/i, 'no harm found'],
  [/debounce|last trial/i, 'trial not due'],
  [/too few|fewer|minNewRows/i, 'too few new rows'],
  [/no new row|nothing new|empty|no rows/i, 'no new rows'],
  [/overlap|another run|other run|at work|under way|still running/i, 'overlap'],
];

/** What skips for a reason are counted as: `too few new rows`, `overlap`, else the beginning of the reason. */
export function kindOfSkip(reason: string): string {
  const found = SKIPS.find(([pattern]) => pattern.test(reason))?.[1];
  return found ?? (/^[^:;,(.]*/.exec(reason)?.[0] ?? reason).trim().slice(0, 40);
}

/** `11 too few new rows, 1 overlap`, the most frequent first. */
export function skipsInWords(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(kindOfSkip(reason), (counts.get(kindOfSkip(reason)) ?? 0) + 1);
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
  return sorted.map(([kind, count]) => `${count} ${kind}`).join(', ');
}
