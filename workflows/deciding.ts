import type { PeopleDecision } from '../activities/approval/people-decision.ts';
import type { Approve } from '../configs/approve.ts';
import type { Verdict } from '../configs/refs.ts';
import { askApproval, type Question } from './approval.ts';
import { ref } from './refs.ts';
import { heldByGuards } from './steps.ts';

/** A verdict that people may have to decide on. */
export interface Deciding extends Question {
  /** Guards, floors or slices alone stand against a proved gain. Default: looked up in the gate's verdict. */
  heldByGuards?: boolean;
}

/** What becomes of the candidate. */
export interface Decided {
  promote: boolean;
  /** For registration, where people were asked. */
  approval?: PeopleDecision;
  /** The champion is another by now: the comparison has to be made again. */
  again: boolean;
  /** What people came to, in a sentence; null: they were not asked. */
  why: string | null;
}

/** Lets people decide where the recipe says so; elsewhere the verdict does. */
export async function decideWithPeople(deciding: Deciding): Promise<Decided> {
  const { recipe, verdict } = deciding;
  const { approve } = recipe;
  if (!approve || !(await isAsked(approve.when, deciding)))
    return { promote: verdict === 'promote', again: false, why: null };
  const { id, decision, why, by, championMoved } = await askApproval(deciding);
  const promote =
    decision === 'approved' || (decision === 'expired' && approve.onExpiry === 'promote' && verdict === 'promote');
  return { promote, approval: { id, decision, promote, by, why }, again: championMoved, why };
}

async function isAsked(when: Approve['when'], deciding: Deciding): Promise<boolean> {
  const { verdict, refs, recipe } = deciding;
  const asked: Record<Approve['when'], readonly Verdict[]> = {
    always: ['promote', 'inconclusive'],
    inconclusive: ['inconclusive'],
    guards: [],
  };
  if (when !== 'guards' || verdict === 'promote') return asked[when].includes(verdict);
  if (deciding.heldByGuards !== undefined) return deciding.heldByGuards;
  const judges = Object.entries(recipe.evaluate.judges ?? {});
  const waived = judges.filter(([, { calibration }]) => calibration === 'waived').map(([name]) => name);
  const { digest } = ref({ outputs: refs }, 'verdict');
  const { forgetting } = refs;
  return heldByGuards({ verdict: digest, waived, ...(forgetting ? { forgetting: forgetting.digest } : {}) });
}
