import type { HistoryEvent } from './event.ts';

/** A number with its sign and a real minus. */
const signed = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(4)}`;

/** `: gain +0.0310 (+0.0120 to +0.0500) on exactMatch, 200 rows`; nothing where the gate said no number. */
export function gainInWords({ gain, lower, upper, metric, n }: Partial<HistoryEvent>): string {
  if (gain === undefined) return '';
  const bounds =
    lower === undefined || upper === undefined
      ? lower === undefined
        ? ''
        : ` (at least ${signed(lower)})`
      : ` (${signed(lower)} to ${signed(upper)})`;
  return `: gain ${signed(gain)}${bounds}${metric === undefined ? '' : ` on ${metric}`}${n === undefined ? '' : `, ${n} rows`}`;
}

const COUNTED = ['edited', 'late', 'kept', 'withdrawn'] as const;

/** ` in p3 (412 new rows, 3 edited)`; nothing where there is no period. */
export function rowsInWords(period: string | null, counts: Record<string, number> | undefined): string {
  if (period === null) return '';
  if (counts === undefined) return ` in ${period}`;
  const fresh = counts['new'] ?? 0;
  const others = COUNTED.flatMap((kind) => (counts[kind] ? [`${counts[kind]} ${kind}`] : []));
  return ` in ${period} (${[`${fresh} new row${fresh === 1 ? '' : 's'}`, ...others].join(', ')})`;
}

/** Up to the first end of a sentence that another follows. */
export const firstSentence = (text: string): string => text.split(/(?<=[.!?]) (?=[A-Z])/)[0] ?? text;
