import type { HistoryRows, HistoryRun } from '../../artifacts/ledger/history.ts';
import type { HistoryEvent } from './event.ts';

/** What the last gate of a run said. */
export interface GateFacts {
  reason: string;
  metric?: string;
  gain?: number | null;
  lower?: number | null;
  upper?: number | null;
  n?: number;
}

/** What is looked up while events are made. */
export interface Knowledge {
  runs: Map<string, HistoryRun>;
  gates: Map<string, GateFacts>;
  registrations: Map<string, { frozen?: string }>;
  /** Rows and warm starts of the period that a run tuned. */
  periods: Map<string, { period: string; counts: Record<string, number>; depth: number | null }>;
  /** Runs that moved an alias. */
  promotions: Set<string>;
  /** Runs that looked at a promotion again. */
  reconsiderations: Set<string>;
}

export function knowledgeOf({ runs, facts, watermarks, audit }: HistoryRows): Knowledge {
  const of = (step: string) =>
    facts
      .filter((row) => row.step === step)
      .map(({ run_id, facts_json }) => [run_id, JSON.parse(facts_json) as Record<string, unknown>] as const);
  const idsOf = (...actions: string[]) =>
    new Set(audit.flatMap(({ action, run_id }) => (run_id !== null && actions.includes(action) ? [run_id] : [])));
  return {
    runs: new Map(runs.map((run) => [run.id, run])),
    gates: new Map(of('gate').map(([id, found]) => [id, { ...found, reason: textOf(found['reason']) }])),
    registrations: new Map(
      of('register').map(([id, { frozen }]) => [id, typeof frozen === 'string' ? { frozen } : {}]),
    ),
    periods: new Map(
      watermarks.map(({ run_id, period, counts_json, depth }) => [
        run_id,
        { period, counts: numbersIn(counts_json), depth },
      ]),
    ),
    promotions: idsOf('promote'),
    reconsiderations: idsOf('reopened', 'upheld'),
  };
}

/** What the gate of a run saw, and which rows its period had. */
export function numbersOf({ gates, periods }: Knowledge, run: string | null): Partial<HistoryEvent> {
  const gate = run === null ? undefined : gates.get(run);
  const period = run === null ? undefined : periods.get(run);
  const { metric, gain, lower, upper, n } = gate ?? {};
  return {
    ...(metric === undefined ? {} : { metric }),
    ...(gain == null ? {} : { gain }),
    ...(lower == null ? {} : { lower }),
    ...(upper == null ? {} : { upper }),
    ...(n === undefined ? {} : { n }),
    ...(period ? { period: period.period, counts: period.counts } : {}),
    ...(period?.depth == null ? {} : { depth: period.depth }),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function numbersIn(json: string): Record<string, number> {
  const found = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return Object.fromEntries(found.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
