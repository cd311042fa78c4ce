import { skipsInWords } from '../../configs/skip-kinds.ts';
import type { EventKind, HistoryEvent } from './event.ts';

/** One line of a history, for people. */
export interface HistoryLine {
  at: string;
  kind: EventKind;
  text: string;
  run: string | null;
}

/** What says the same in other words is left out: a version whose run has its own line, a skip after a trial. */
export function linesOf(events: readonly HistoryEvent[]): HistoryLine[] {
  const told = new Set<string>();
  const tried = new Set<string>();
  for (const { kind, run } of events) {
    if (run === null) continue;
    if (kind === 'promoted' || kind === 'rejected' || kind === 'inconclusive' || kind === 'not promoted') told.add(run);
    if (kind === 'trial') tried.add(run);
  }
  const lines: HistoryLine[] = [];
  let skips: HistoryEvent[] = [];
  const fold = (): void => {
    const last = skips.at(-1);
    if (last)
      lines.push({ at: last.at, kind: 'skipped', run: skips.length === 1 ? last.run : null, text: folded(skips) });
    skips = [];
  };
  for (const event of events) {
    const { at, kind, text, run } = event;
    if (kind === 'version' && run !== null && told.has(run)) continue;
    if (kind === 'skipped') {
      if (run === null || !tried.has(run)) skips.push(event);
      continue;
    }
    fold();
    lines.push({ at, kind, text, run });
  }
  fold();
  return lines;
}

/** `12 runs skipped: 11 too few new rows, 1 overlap`; of a single one its own reason. */
export function folded(skips: readonly HistoryEvent[]): string {
  const [only] = skips;
  if (only && skips.length === 1) return only.text;
  return `${skips.length} runs skipped: ${skipsInWords(skips.map(({ reason = '' }) => reason))}`;
}

const SUMMED: readonly EventKind[] = [
  'promoted',
  'rejected',
  'inconclusive',
  'not promoted',
  'unchanged',
  'skipped',
  'failed',
  'rolled back',
  'reopened',
];

/** `3 promoted, 1 rejected, 12 skipped`, of what there is. */
export function summaryOf(events: readonly HistoryEvent[]): string {
  const count = (kind: EventKind): number => events.filter((event) => event.kind === kind).length;
  return SUMMED.flatMap((kind) => (count(kind) > 0 ? [`${count(kind)} ${kind}`] : [])).join(', ');
}
