/** Kinds of skips by what their reasons say, the first that fits. */
const SKIPS: readonly [RegExp, string][] = [
  [/frozen/i, 'frozen'],
  [/paused/i, 'paused'],
  [/budget/i, 'budget gone'],
  [/missed/i, 'missed'],
  [/no (drift )?harm/i, 'no drift harm'],
  [/last trial/i, 'trial not due'],
  [/too few|fewer|minNewRows/i, 'too few new rows'],
  [/no new row|nothing new|empty|no rows/i, 'no new rows'],
  [/overlap|another run|other run|at work|under way|still running/i, 'overlap'],
];

/**
 * What skips for a reason are counted as: `too few new rows`, `overlap`. Reasons begin with their kind and a colon,
 * most of them; of others the first words have to do.
 */
export function kindOfSkip(reason: string): string {
  const head = (/^[^:;,(.]*/.exec(reason)?.[0] ?? reason).trim();
  const known = (text: string): string | undefined => SKIPS.find(([pattern]) => pattern.test(text))?.[1];
  return known(head) ?? known(reason) ?? head.slice(0, 40);
}

/** `11 too few new rows, 1 overlap`, the most frequent first. */
export function skipsInWords(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(kindOfSkip(reason), (counts.get(kindOfSkip(reason)) ?? 0) + 1);
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
  return sorted.map(([kind, count]) => `${count} ${kind}`).join(', ');
}
