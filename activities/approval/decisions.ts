import { Context } from '@temporalio/activity';
import { endApproval, enterDecision, findApproval, type ApprovalEnd } from '../../artifacts/ledger/approvals.ts';
import { checkEvidence, type Evidence, type EvidenceCheck } from '../../artifacts/ledger/evidence.ts';
import { stateOfJudge } from '../../artifacts/ledger/judges.ts';
import type { DecisionRow } from '../../artifacts/ledger/schema.ts';
import { digestOf } from '../../artifacts/canonical.ts';
import type { GateVerdict } from '../gate.ts';
import type { Deps } from '../step/deps.ts';
import { isHeldByGuards } from './held-by-guards.ts';

/** What a workflow writes about an approval, and what it looks up. */
export interface ApprovalRecord {
  /** Writes what a person said; the same again changes nothing. */
  noteDecision(row: Omit<DecisionRow, 'at'>): Promise<void>;
  endApproval(end: { id: string; status: ApprovalEnd; why: string; actor: string }): Promise<void>;
  /** Whether everything that an approval rests on is as it was. */
  checkEvidence(approval: { id: string }): Promise<EvidenceCheck>;
  /** Whether the gain is proved, and guards, floors or what is forgotten alone stand against it. */
  heldByGuards(asked: Held): Promise<boolean>;
}

/** A verdict that was not to promote. */
export interface Held {
  /** Digests of the GateVerdict, and of the ForgettingReport where there is one. */
  verdict: string;
  forgetting?: string;
  /** Judges that decide uncalibrated. */
  waived: readonly string[];
}

/** How often it tells Temporal that it lives while it hashes, in ms. */
const HEARTBEAT_EVERY_MS = 3000;

export function createApprovalRecord({ ledger, store }: Deps): ApprovalRecord {
  return {
    noteDecision: async (row) => void (await enterDecision(ledger, row)),
    endApproval: (end) => endApproval(ledger, end),
    checkEvidence: async ({ id }) => {
      const beat = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        const approval = await findApproval(ledger, id);
        if (!approval || digestOf(approval.evidence_json) !== approval.evidence)
          return { changed: 'the record of what was asked is gone or another', championMoved: false };
        return await checkEvidence({ ledger, store }, JSON.parse(approval.evidence_json) as Evidence);
      } finally {
        clearInterval(beat);
      }
    },
    heldByGuards: async ({ verdict: digest, forgetting, waived }) => {
      const verdict = JSON.parse((await store.read(digest)).toString('utf8')) as GateVerdict;
      const states = await Promise.all(
        Object.entries(verdict.judges ?? {}).map(async ([name, judge]) => {
          const state = await stateOfJudge(ledger, judge);
          return state !== 'retired' && waived.includes(name) ? 'valid' : state;
        }),
      );
      // A gain that a judge saw who may not decide is proved by nobody.
      const isBarred = states.some((state) => state === 'retired' || (state !== 'valid' && !verdict.labels));
      const forgotten =
        forgetting === undefined
          ? undefined
          : (JSON.parse((await store.read(forgetting)).toString('utf8')) as { outcome: string });
      const isForgetful = forgotten !== undefined && forgotten.outcome !== 'passed';
      return !isBarred && isHeldByGuards(verdict, isForgetful);
    },
  };
}
