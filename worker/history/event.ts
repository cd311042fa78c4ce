/** What can happen in the life of a model. */
export const EVENT_KINDS = [
  'version',
  'promoted',
  'not promoted',
  'rejected',
  'inconclusive',
  'unchanged',
  'skipped',
  'failed',
  'cancelled',
  'trial',
  'approval',
  'rolled back',
  're-anchored',
  'frozen',
  'unfrozen',
  'reopened',
  'upheld',
  'schedule',
  'backfill',
  'note',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** One thing that happened to a model, with the numbers that its text tells. */
export interface HistoryEvent {
  at: string;
  kind: EventKind;
  run: string | null;
  version: number | null;
  period: string | null;
  /** Who did it. */
  actor: string | null;
  /** One line for people. */
  text: string;
  /** Of a skipped run, a rejection, an error: why. */
  reason?: string;
  alias?: string;
  /** Versions that an alias moved between. */
  from?: number | null;
  to?: number | null;
  metric?: string;
  /** What the gate saw: the mean difference, its bounds and the rows that it rests on. */
  gain?: number;
  lower?: number;
  upper?: number;
  n?: number;
  /** Numbers of rows by what became of them; `new` are those never seen before. */
  counts?: Record<string, number>;
  depth?: number;
  trigger?: string;
  outcome?: string;
}
