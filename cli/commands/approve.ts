import { approvalsOfRun, findApproval, type Approval } from '../../artifacts/ledger/approvals.ts';
import { checkEvidence, type Evidence } from '../../artifacts/ledger/evidence.ts';
import type { RunRow } from '../../artifacts/ledger/schema.ts';
import { messageOf } from '../../configs/failure.ts';
import { ensureUp } from '../../worker/local.ts';
import { openShelfStore } from '../../worker/shelf-store.ts';
import type { DecisionTaken } from '../../workflows/approval.ts';
import type { Decision } from '../../workflows/decision-rules.ts';
import { UsageError } from '../command.ts';
import { noteText, print, printJson, shortDigest, tell } from '../output.ts';
import { actor, noState, readState, runOf, type State } from '../state.ts';
import { withClient } from '../temporal.ts';

interface Flags {
  as?: string;
  role?: string;
  json: boolean;
}

/** Approves the candidate that a run asks about. */
export function approve(flags: Flags & { note?: string }, run: string): Promise<void> {
  return decide(flags, run, 'approve', flags.note);
}

/** Rejects the candidate that a run asks about. */
export function reject(flags: Flags & { reason: string }, run: string): Promise<void> {
  if (flags.reason.trim() === '') throw new UsageError('--reason: expected a few words why');
  return decide(flags, run, 'reject', flags.reason);
}

async function decide(flags: Flags, id: string, decision: Decision['decision'], note?: string): Promise<void> {
  const who = (flags.as ?? actor()).trim();
  if (who === '') throw new UsageError('--as: expected a name');
  await readState(async (state) => {
    const run = await runOf(state.ledger, id);
    const [approval] = await approvalsOfRun(state.ledger, run.id);
    if (!approval) throw new UsageError(`run ${run.id} does not ask for an approval${hint(run)}`);
    const given: Decision = {
      approval: approval.id,
      decision,
      actor: who,
      roles: rolesOf(flags.role),
      ...(note === undefined ? {} : { note }),
      evidence: approval.evidence,
    };
    const taken = alreadyTaken(run, approval, given) ?? (await hold(state, run, approval, given));
    if (taken.status === 'voided' && decision === 'approve')
      throw new UsageError(`the approval of run ${run.id} is void: ${taken.why}`);
    report(flags.json, run, given, taken);
  }, noState);
}

/** Of a run that has gone on: what the same person said before holds; anything else comes too late. */
function alreadyTaken(run: RunRow, approval: Approval, given: Decision): DecisionTaken | undefined {
  if (run.ended_at === null && approval.status === 'waiting') return undefined;
  const same = approval.decisions.find(
    ({ actor: by, decision }) => keyOf(by) === keyOf(given.actor) && decision === given.decision,
  );
  if (!same) {
    const end =
      approval.status === 'waiting' ? `the run is ${run.status}` : `it was ${approval.status}: ${approval.why}`;
    throw new UsageError(`run ${run.id} no longer asks for an approval, ${end}`);
  }
  return {
    status: approval.status,
    approved: approval.decisions.filter(({ decision }) => decision === 'approve').length,
    quorum: approval.quorum,
    why: approval.why,
  };
}

/** Sends a decision on evidence that still holds. @throws UsageError where it does not, or the run refuses it */
async function hold(state: State, run: RunRow, approval: Approval, given: Decision): Promise<DecisionTaken> {
  const shelf = { ledger: state.ledger, store: openShelfStore(state.home, state.ledger) };
  const { changed } = await checkEvidence(shelf, JSON.parse(approval.evidence_json) as Evidence);
  const at = await ensureUp(state.home, tell);
  return withClient(at, async (client) => {
    const handle = client.workflow.getHandle(run.workflow_id);
    if (changed !== null) {
      // The run has to know: it looks for itself, and asks again or goes on.
      await handle.signal('doubtEvidence', { approval: approval.id }).catch(() => undefined);
      throw new UsageError(
        `the evidence for run ${run.id} changed after it was asked about: ${changed}; the run looks at it again, and \`anneal approvals\` shows what it asks then`,
      );
    }
    try {
      return await handle.executeUpdate<DecisionTaken, [Decision]>('decideApproval', {
        args: [given],
        updateId: `${approval.id}.${keyOf(given.actor)}.${given.decision}`,
      });
    } catch (error) {
      const isGone = error instanceof Error && error.name === 'WorkflowNotFoundError';
      if (!isGone && (!(error instanceof Error) || error.name !== 'WorkflowUpdateFailedError')) throw error;
      const why = isGone ? await endOf(state, approval) : messageOf(error.cause ?? error);
      throw new UsageError(`run ${run.id} does not take this: ${why}`);
    }
  });
}

async function endOf({ ledger }: State, { id }: Approval): Promise<string> {
  const now = await findApproval(ledger, id);
  return now && now.status !== 'waiting' ? `it was ${now.status}: ${now.why}` : 'it has ended';
}

function report(json: boolean, run: RunRow, given: Decision, taken: DecisionTaken): void {
  const { approval, decision, actor: by, evidence } = given;
  const { status, approved, quorum, why } = taken;
  if (json) return printJson({ run: run.id, approval, decision, actor: by, evidence, status, approved, quorum, why });
  const verb = decision === 'approve' ? 'approved' : 'rejected';
  print(`${noteText(by)} ${verb} run ${run.id}, on the evidence ${shortDigest(evidence)}`);
  if (status === 'waiting') print(`  ${approved} of ${quorum} have approved: it waits for more`);
  else print(`  ${status}: ${noteText(why ?? '')}; \`anneal show ${run.id}\` shows how it goes on`);
}

/** Roles that a person says to have. */
function rolesOf(role: string | undefined): string[] {
  const said = (process.env['ANNEAL_ROLES'] ?? '').split(',').map((one) => one.trim());
  return [...new Set([...(role === undefined ? [] : [role]), ...said])].filter((one) => one !== '');
}

const hint = ({ waiting, status }: RunRow): string =>
  status !== 'running' ? `: it is ${status}` : waiting === null ? ' (yet)' : `, but for ${waiting}`;

/** As the workflow tells people apart. */
const keyOf = (name: string): string => name.normalize('NFKC').trim().toLowerCase();
