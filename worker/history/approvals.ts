import type { HistoryRows } from '../../artifacts/ledger/history.ts';
import { parseName } from '../../configs/names.ts';
import type { HistoryEvent } from './event.ts';

const SAID = { approve: 'approved', reject: 'rejected' } as const;

/** People who were asked, what each said, and what ended without them. */
export function fromApprovals({ approvals, decisions, runs }: HistoryRows): HistoryEvent[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const about = (id: string): Pick<HistoryEvent, 'run' | 'version' | 'period'> => {
    const run = byId.get(id);
    return { run: id, version: parseName(run?.model_ref ?? '')?.version ?? null, period: run?.period ?? null };
  };
  const asked = approvals.flatMap((one): HistoryEvent[] => {
    const whom = `${one.quorum === 1 ? 'one person' : `${one.quorum} people`}${one.role === null ? '' : ` (${one.role})`}`;
    const ask = {
      ...about(one.run_id),
      at: one.requested_at,
      kind: 'approval' as const,
      actor: one.requested_by,
      outcome: 'asked',
      text: `waits for ${whom} to approve a verdict of ${one.verdict}, until ${one.expires_at.slice(0, 10)}`,
    };
    // What people decided is told by what they said.
    if (one.decided_at === null || (one.status !== 'expired' && one.status !== 'voided')) return [ask];
    const why = one.why ?? '';
    const text = `the approval ${one.status === 'expired' ? 'expired' : 'is void'}${why && `: ${why}`}`;
    return [ask, { ...ask, at: one.decided_at, actor: null, outcome: one.status, text, reason: why }];
  });
  const said = decisions.map(({ run_id, at, actor, decision, note }): HistoryEvent => ({
    ...about(run_id),
    at,
    kind: 'approval',
    actor,
    outcome: SAID[decision],
    text: `${SAID[decision]} by ${actor}${note ? `: ${note}` : ''}`,
    ...(note ? { reason: note } : {}),
  }));
  return [...asked, ...said];
}
