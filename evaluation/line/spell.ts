import type { LineCell, LineDocument } from './model.ts';

type Format = LineDocument['format'];

/** A score for a table: of shares in per cent with one decimal, of others with about three digits. */
export function spellScore(value: number, format: Format): string {
  if (format === 'share') return minus((value * 100).toFixed(1));
  const size = Math.abs(value);
  return minus(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 3));
}

/** `71.2–88.3`; of negative numbers `−3.1 to 2.0`. */
export function spellInterval({ ci: [low, high] }: LineCell, format: Format): string {
  const [from, to] = [spellScore(low, format), spellScore(high, format)];
  return low < 0 || high < 0 ? `${from} to ${to}` : `${from}–${to}`;
}

const minus = (text: string): string => (/^-[0.]*$/.test(text) ? text.slice(1) : text.replace('-', '−'));

/** Where a value lies between the worst (0) and the best (1) of those that are shown; in the middle when all are equal. */
export function placeOf(
  value: number,
  { low, high, better }: { low: number; high: number; better: LineDocument['better'] },
): number {
  if (high === low) return 0.5;
  const place = (value - low) / (high - low);
  return better === 'higher' ? place : 1 - place;
}

/** The lowest and the highest mean that is shown; undefined: none is. */
export function reachOf({
  models,
  better,
}: LineDocument): { low: number; high: number; better: LineDocument['better'] } | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const { cells } of models)
    for (const cell of cells) {
      if (!cell) continue;
      low = Math.min(low, cell.mean);
      high = Math.max(high, cell.mean);
    }
  return low > high ? undefined : { low, high, better };
}

/** `12 periods (5 promoted, 4 rejected, 3 inconclusive), 9 runs skipped`. */
export function lifeInWords({ periods, waiting }: LineDocument): string {
  const count = (pick: (period: LineDocument['periods'][number]) => boolean): number => periods.filter(pick).length;
  const ways = [
    [count(({ outcome }) => outcome === 'accepted'), 'promoted'],
    [count(({ verdict, outcome }) => verdict === 'promote' && outcome !== 'accepted'), 'better and not promoted'],
    [count(({ verdict, outcome }) => verdict === 'reject' && outcome !== 'accepted'), 'rejected'],
    [count(({ verdict, outcome }) => verdict === 'inconclusive' && outcome !== 'accepted'), 'inconclusive'],
    [count(({ outcome }) => outcome === 'unchanged'), 'unchanged'],
  ] as const;
  const skipped = periods.reduce((sum, period) => sum + period.skipped.count, waiting.count);
  const said = ways.flatMap(([n, name]) => (n > 0 ? [`${n} ${name}`] : [])).join(', ');
  const all = `${periods.length} period${periods.length === 1 ? '' : 's'}${said === '' ? '' : ` (${said})`}`;
  return skipped === 0 ? all : `${all}, ${skipped} run${skipped === 1 ? '' : 's'} skipped`;
}

/** `11 of 500 slices and 40 of 100 models are shown: first, last and evenly between`; empty: all are. */
export function leftOutInWords(shown: { slices: number; models: number }, totals: LineDocument['totals']): string {
  const parts = (['slices', 'models'] as const).flatMap((what) =>
    shown[what] < totals[what] ? [`${shown[what]} of ${totals[what]} ${what}`] : [],
  );
  return parts.length === 0 ? '' : `${parts.join(' and ')} are shown: first, last and evenly between`;
}

/** `412 new, 3 edited`. */
export function countsInWords(counts: Record<string, number>): string {
  const kinds = ['new', 'edited', 'late', 'kept', 'withdrawn'];
  return kinds.flatMap((kind) => (counts[kind] || kind === 'new' ? [`${counts[kind] ?? 0} ${kind}`] : [])).join(', ');
}
