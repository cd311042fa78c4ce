import type { HistoryRows, HistoryRun } from '../../artifacts/ledger/history.ts';
import { parseName } from '../../configs/names.ts';
import type { EventKind, HistoryEvent } from './event.ts';
import { fromApprovals } from './approvals.ts';
import { fromAudit, isToldHere } from './audit.ts';
import { knowledgeOf, numbersOf, type Knowledge } from './knowledge.ts';
import { firstSentence, rowsInWords } from './words.ts';

/** The life of a model as events, oldest first: what each run came to, what people did, what was looked at again. */
export function eventsOf(rows: HistoryRows): HistoryEvent[] {
  const known = knowledgeOf(rows);
  const events = [
    ...fromWatermarks(rows),
    ...rows.audit.filter(isToldHere).map((row) => fromAudit(row, known)),
    ...rows.runs.flatMap((run) => fromRun(run, known)),
    ...rows.trials.map((trial): HistoryEvent => {
      const run = known.runs.get(trial.run_id);
      return {
        at: trial.at,
        kind: 'trial',
        ...about(run),
        run: trial.run_id,
        outcome: trial.outcome,
        reason: trial.why,
        text: `for drift, ${trial.outcome}: ${trial.why}`,
      };
    }),
    ...fromApprovals(rows),
  ];
  // A sort that keeps the order of what happened at the same moment.
  return events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const about = (
  run: HistoryRun | undefined,
): Pick<HistoryEvent, 'run' | 'version' | 'period' | 'actor' | 'trigger'> => ({
  run: run?.id ?? null,
  version: run?.model_ref ? (parseName(run.model_ref)?.version ?? null) : null,
  period: run?.period ?? null,
  actor: run?.started_by ?? null,
  ...(run ? { trigger: run.trigger } : {}),
});

/** Trainings that went back to the base model after warm starts. */
function fromWatermarks({ watermarks, runs }: HistoryRows): HistoryEvent[] {
  const before = new Map<string, number>();
  const byId = new Map(runs.map((run) => [run.id, run]));
  return watermarks.flatMap(({ line, run_id, period, outcome, depth, at }): HistoryEvent[] => {
    if (outcome !== 'accepted' || depth === null) return [];
    const last = before.get(line) ?? 0;
    before.set(line, depth);
    if (depth > 0 || last === 0) return [];
    const starts = `${last} warm start${last === 1 ? '' : 's'}`;
    const text = `trained from the base model again, after ${starts} in a row`;
    return [{ ...about(byId.get(run_id)), at, kind: 're-anchored', run: run_id, period, depth, text }];
  });
}

/** What a run came to, where the audit does not tell it already. */
function fromRun(run: HistoryRun, known: Knowledge): HistoryEvent[] {
  if (run.ended_at === null || known.reconsiderations.has(run.id)) return [];
  // People may have promoted what the gate did not.
  if (run.status === 'completed' && known.promotions.has(run.id)) return [];
  const told = { ...about(run), at: run.ended_at };
  const event = (kind: EventKind, text: string, more: Partial<HistoryEvent> = {}): HistoryEvent[] => [
    { ...told, kind, text, ...more },
  ];
  if (run.status === 'skipped') {
    const reason = run.reason ?? 'no reason was recorded';
    return event('skipped', reason, { reason });
  }
  if (run.status === 'failed' || run.status === 'cancelled') {
    const message = run.error_json === null ? '' : (JSON.parse(run.error_json) as { message?: string }).message;
    const reason = message ?? 'no reason was recorded';
    return event(run.status, run.status === 'failed' ? reason : 'before it came to a verdict', { reason });
  }
  if (run.kind === 'backfill') return event('backfill', run.reason ?? 'a backfill ended');
  const numbers = numbersOf(known, run.id);
  const gate = known.gates.get(run.id);
  const reason = (gate && firstSentence(gate.reason)) || (run.reason ?? '');
  const named = told.version === null ? 'the candidate' : `v${told.version}`;
  const rows = rowsInWords(run.period, numbers.counts);
  if (run.verdict === 'reject') return event('rejected', `${named}${rows}${because(reason)}`, { ...numbers, reason });
  if (run.verdict === 'inconclusive')
    return event('inconclusive', `${named}${rows}${because(reason)}`, { ...numbers, reason });
  if (run.verdict === 'promote') {
    const frozen = known.registrations.get(run.id)?.frozen;
    const why = frozen === undefined ? (run.reason ?? 'its alias was not moved') : `the line was frozen: ${frozen}`;
    return event('not promoted', `${named}${rows}, though better: ${why}`, { ...numbers, reason: why });
  }
  return event('unchanged', run.reason ?? 'nothing changed: the candidate is the champion', numbers);
}

const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);
