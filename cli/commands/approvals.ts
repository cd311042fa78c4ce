import { listApprovals, type Approval } from '../../artifacts/ledger/approvals.ts';
import type { Evidence } from '../../artifacts/ledger/evidence.ts';
import { duration, noteText, paint, print, printJson, shortDigest, table } from '../output.ts';
import { readState } from '../state.ts';

/** An approval as programs see it. */
export interface ApprovalDocument {
  id: string;
  run: string;
  line: string;
  model: string;
  status: Approval['status'];
  /** What the gate said. */
  verdict: string;
  gain: Evidence['gain'];
  /** Digest of the whole, and every part of it. */
  evidence: string;
  parts: Evidence;
  role: string | null;
  quorum: number;
  approved: number;
  decisions: { actor: string; decision: string; role: string | null; note: string | null; at: string }[];
  requestedBy: string;
  requestedAt: string;
  expiresAt: string;
  decidedAt: string | null;
  why: string | null;
}

export async function approvals({ all, json }: { all: boolean; json: boolean }): Promise<void> {
  const found = await readState(
    async ({ ledger }) => (await listApprovals(ledger, { all })).map(approvalDocument),
    () => [],
  );
  if (json) return printJson(found);
  if (found.length === 0) return print(all ? 'nobody was asked for an approval yet' : 'no run waits for an approval');
  print(found.map(linesOf).join('\n\n'));
}

/** What is kept of an approval, for people and programs. */
export function approvalDocument(row: Approval): ApprovalDocument {
  const parts = JSON.parse(row.evidence_json) as Evidence;
  return {
    id: row.id,
    run: row.run_id,
    line: row.line,
    model: row.model,
    status: row.status,
    verdict: row.verdict,
    gain: parts.gain,
    evidence: row.evidence,
    parts,
    role: row.role,
    quorum: row.quorum,
    approved: row.decisions.filter(({ decision }) => decision === 'approve').length,
    decisions: row.decisions.map(({ actor, decision, role, note, at }) => ({ actor, decision, role, note, at })),
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    decidedAt: row.decided_at,
    why: row.why,
  };
}

function linesOf(approval: ApprovalDocument): string {
  const { run, model, status, verdict, gain, evidence, parts, quorum, approved, role } = approval;
  const isWaiting = status === 'waiting';
  const replaced = parts.champion ? `${parts.champion.name} ${shortDigest(parts.champion.digest)}` : 'nothing yet';
  const rows = [
    ['run', run],
    ['gate', `${verdict}${gain ? `: ${gainInWords(gain)}` : ''}`],
    ['would replace', replaced],
    ['evidence', `${shortDigest(evidence)}, as a whole`],
    ['', `model ${shortDigest(parts.model.digest)}, served ${shortDigest(parts.served.digest)}`],
    ['', `template ${parts.template === null ? 'unknown' : shortDigest(`sha256:${parts.template}`)}`],
    ['', `test sets ${parts.tests.map(shortDigest).join(', ')}, gate ${shortDigest(parts.gate)}`],
    [
      '',
      `verdict ${shortDigest(parts.verdict.digest)}, report ${shortDigest(parts.report)}${parts.forgetting === null ? '' : `, forgetting ${shortDigest(parts.forgetting)}`}`,
    ],
    ['asked', `by ${approval.requestedBy}, ${ageOf(approval.requestedAt)} ago`],
    ['approved by', `${approved} of ${quorum}${role === null ? '' : ` with the role ${role}`}`],
    ...approval.decisions.map(({ actor, decision, note }) => [
      '',
      `${actor}: ${decision}${note === null ? '' : `, ${note}`}`,
    ]),
    isWaiting
      ? ['expires', `${minute(approval.expiresAt)}, in ${leftOf(approval.expiresAt)}`]
      : ['ended', approval.why ?? ''],
  ];
  const colour = isWaiting ? 'yellow' : status === 'approved' ? 'green' : 'red';
  return [
    `${noteText(model)} ${paint(colour, status)}`,
    table(rows.map(([name = '', value = '']) => [`  ${name}`, noteText(value)])),
    ...(isWaiting ? [`  anneal approve ${run}`] : []),
  ].join('\n');
}

/** A gain with what it was measured on. */
export const gainInWords = ({ metric, n, value, lower, upper }: NonNullable<Evidence['gain']>): string =>
  `${metric} ${signed(value)} (${signed(lower)} to ${signed(upper)}, each side at the gate's confidence) on ${n} items`;

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
const ageOf = (iso: string): string => duration(Math.max(0, Date.now() - Date.parse(iso)) / 1000);
const leftOf = (iso: string): string => duration(Math.max(0, Date.parse(iso) - Date.now()) / 1000);
