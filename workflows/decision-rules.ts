import type { Approve } from '../configs/approve.ts';

/** What a person says of a candidate. */
export interface Decision {
  /** Id of the approval. */
  approval: string;
  decision: 'approve' | 'reject';
  actor: string;
  /** Roles that the person says to have. */
  roles?: string[];
  note?: string;
  /** Digest of the evidence that was shown. */
  evidence: string;
}

/** How an approval stands. */
export type ApprovalStatus = 'waiting' | 'approved' | 'rejected' | 'expired' | 'voided';

/** A decision that was taken. */
export interface Said extends Pick<Decision, 'decision' | 'actor' | 'note'> {
  /** It is in the ledger. */
  isNoted: boolean;
}

/** An approval that a run asked for. */
export interface Asking {
  id: string;
  evidence: string;
  rules: Pick<Approve, 'role' | 'members' | 'quorum' | 'requesterMayApprove'>;
  requestedBy: string;
  /** In ms since 1970. */
  expiresAt: number;
  /** What was said, by the person's name as {@link nameKey} has it. */
  said: Map<string, Said>;
  /** The time is up, or the last word was said, and the end is being found out. */
  isClosing: boolean;
  ended?: { status: Exclude<ApprovalStatus, 'waiting'>; why: string };
  /** Somebody found the evidence changed. */
  isDoubted: boolean;
}

const LONGEST_NAME = 200;
const LONGEST_NOTE = 2000;

/** One person, however the name is typed: case, width and spaces around it do not make two people of one. */
export const nameKey = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

/** How many different people have approved. */
export const approvals = ({ said }: Asking): number =>
  [...said.values()].filter(({ decision }) => decision === 'approve').length;

/** What people have come to, by what they said so far; undefined: nothing yet. */
export function outcomeOf(asking: Asking): 'approved' | 'rejected' | undefined {
  if ([...asking.said.values()].some(({ decision }) => decision === 'reject')) return 'rejected';
  return approvals(asking) >= asking.rules.quorum ? 'approved' : undefined;
}

/** Why a decision is not taken, in a sentence; undefined: it is. What the same person said before is taken again. */
export function refusal(asking: Asking | undefined, given: Decision, at: number): string | undefined {
  const flaw = flawOf(given);
  if (flaw !== undefined) return flaw;
  if (!asking) return 'the run does not wait for this approval: it went on, or asked again; look again';
  const { rules, requestedBy, ended } = asking;
  const { decision, actor } = given;
  const before = asking.said.get(nameKey(actor));
  if (before && before.decision !== decision)
    return `${before.actor} has said ${before.decision} already, and what was said stays`;
  if (before) return undefined;
  if (ended) return `it is too late: it was ${ended.status} already (${ended.why})`;
  if (asking.isClosing || outcomeOf(asking) !== undefined)
    return 'it is too late: the last word was said, and the run goes on';
  if (at >= asking.expiresAt) return `it is too late: it expired at ${minuteOf(asking.expiresAt)}`;
  if (given.evidence !== asking.evidence) return 'the evidence changed since you saw it: look again';
  if (decision === 'approve' && !rules.requesterMayApprove && nameKey(actor) === nameKey(requestedBy))
    return `${actor} started the run, and the recipe wants somebody else to approve it`;
  return roleRefusal(rules, given);
}

function roleRefusal({ role, members }: Asking['rules'], { actor, roles = [] }: Decision): string | undefined {
  if (members)
    return members.some((member) => nameKey(member) === nameKey(actor))
      ? undefined
      : `${actor} is not among those who decide${role === undefined ? '' : ` as ${role}`}: ${members.join(', ')}`;
  if (role === undefined || roles.includes(role)) return undefined;
  return `this takes the role ${role}: say it with --role ${role} or in ANNEAL_ROLES, if you have it`;
}

/** What any client may send is looked at by hand: a workflow carries no schemas. */
function flawOf({ approval, decision, actor, roles, note, evidence }: Decision): string | undefined {
  if (typeof approval !== 'string' || typeof evidence !== 'string')
    return 'expected the approval and the digest of its evidence';
  if (decision !== 'approve' && decision !== 'reject') return 'expected approve or reject';
  if (typeof actor !== 'string' || nameKey(actor) === '' || actor.length > LONGEST_NAME || hasControls(actor))
    return `expected a name of 1 to ${LONGEST_NAME} characters on one line`;
  if (roles !== undefined && (!Array.isArray(roles) || roles.some((role) => typeof role !== 'string')))
    return 'expected roles as a list of names';
  if (note !== undefined && (typeof note !== 'string' || note.length > LONGEST_NOTE))
    return `expected a note of at most ${LONGEST_NOTE} characters`;
  if (decision === 'reject' && (note ?? '').trim() === '') return 'expected a reason for rejecting it';
  return undefined;
}

// oxlint-disable-next-line no-control-regex
const hasControls = (text: string): boolean => /[\u0000-\u001f\u007f-\u009f]/.test(text);

/** A time as people read it, to the minute. */
export const minuteOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
