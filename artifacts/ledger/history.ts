import type { Audit } from './audit.ts';
import type { Ledger } from './open.ts';
import type { ApprovalRow, DecisionRow, RunRow, TrialRow, WatermarkRow } from './schema.ts';

/** A run as the history of a model needs it. */
export type HistoryRun = Pick<
  RunRow,
  | 'id'
  | 'pipeline'
  | 'kind'
  | 'trigger'
  | 'status'
  | 'verdict'
  | 'model_ref'
  | 'reason'
  | 'period'
  | 'error_json'
  | 'started_by'
  | 'started_at'
  | 'ended_at'
>;

/** What a step of a run found. */
export interface StepFacts {
  run_id: string;
  step: string;
  facts_json: string;
}

/** Everything that the ledger knows of the life of a model, each oldest first. */
export interface HistoryRows {
  name: string;
  audit: Audit[];
  runs: HistoryRun[];
  /** Of gates and registrations. */
  facts: StepFacts[];
  watermarks: WatermarkRow[];
  trials: TrialRow[];
  approvals: Omit<ApprovalRow, 'evidence_json'>[];
  decisions: (DecisionRow & { run_id: string })[];
}

/** Reads what is known of the model `name`: of the runs that register under it, and of its audit. */
export async function readHistory(ledger: Ledger, name: string): Promise<HistoryRows> {
  const runs = await ledger
    .selectFrom('runs')
    .select(['id', 'pipeline', 'kind', 'trigger', 'status', 'verdict', 'model_ref', 'reason', 'period'])
    .select(['error_json', 'started_by', 'started_at', 'ended_at'])
    .where('model', '=', name)
    .orderBy('started_at')
    .orderBy('id')
    .execute();
  const ofModel = ledger.selectFrom('runs').select('id').where('model', '=', name);
  return {
    name,
    runs,
    audit: await ledger.selectFrom('audit').selectAll().where('name', '=', name).orderBy('id').execute(),
    facts: await ledger
      .selectFrom('executions')
      .select(['run_id', 'step', 'facts_json'])
      .where('run_id', 'in', ofModel)
      .where('step', 'in', ['gate', 'register'])
      .where('status', '=', 'completed')
      .orderBy('started_at')
      .execute(),
    watermarks: await ledger
      .selectFrom('watermarks')
      .selectAll()
      .where('run_id', 'in', ofModel)
      .orderBy('at')
      .orderBy('generation')
      .execute(),
    trials: await ledger.selectFrom('trials').selectAll().where('run_id', 'in', ofModel).orderBy('at').execute(),
    approvals: await ledger
      .selectFrom('approvals')
      .select(['id', 'run_id', 'line', 'model', 'evidence', 'status', 'verdict', 'role', 'quorum'])
      .select(['requested_by', 'requested_at', 'expires_at', 'decided_at', 'why'])
      .where('run_id', 'in', ofModel)
      .orderBy('requested_at')
      .execute(),
    decisions: await ledger
      .selectFrom('decisions')
      .innerJoin('approvals', 'approvals.id', 'decisions.approval')
      .selectAll('decisions')
      .select('approvals.run_id as run_id')
      .where('approvals.run_id', 'in', ofModel)
      .orderBy('decisions.at')
      .execute(),
  };
}
