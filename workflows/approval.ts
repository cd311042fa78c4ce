import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { Champion } from '../activities/run-record.ts';
import type { Approve } from '../configs/approve.ts';
import { msOf } from '../configs/duration-ms.ts';
import { modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { ArtifactRef, Refs, RunRef, Verdict } from '../configs/refs.ts';
import {
  approvals,
  minuteOf,
  nameKey,
  outcomeOf,
  refusal,
  type ApprovalStatus,
  type Asking,
  type Decision,
  type Said,
} from './decision-rules.ts';
import { tell } from './notices.ts';
import { pick } from './refs.ts';
import { checkEvidence, endApproval, noteDecision, setWaiting, steps } from './steps.ts';
import type { Story } from './story.ts';

/** How an approval stands after a decision. */
export interface DecisionTaken {
  status: ApprovalStatus;
  approved: number;
  quorum: number;
  /** Why it ended as it did. */
  why: string | null;
}

/** A person decides; `anneal approve` and `anneal reject` send it. Answered when what it leads to is known. */
export const decideApprovalUpdate = defineUpdate<DecisionTaken, [Decision]>('decideApproval');

/** Somebody found that the evidence changed: the run looks for itself; `anneal approve` sends it. */
export const doubtEvidenceSignal = defineSignal<[{ approval: string }]>('doubtEvidence');

/** What people are asked. */
export interface Question {
  run: RunRef;
  /** Its `approve` has the rules. */
  recipe: Recipe;
  round: number;
  /** What the gate said, or the run made of it. */
  verdict: Verdict;
  candidate: ArtifactRef;
  /** null: there is none, and the base model was compared. */
  champion: Champion | null;
  base: ArtifactRef;
  test: ArtifactRef;
  /** `report` and `verdict`, and `forgetting` where there is one. */
  refs: Refs;
  startedBy: string;
  story: Story;
}

/** What people came to. */
export interface Answer {
  id: string;
  decision: Exclude<ApprovalStatus, 'waiting'>;
  /** In a sentence. */
  why: string;
  /** Who decided. */
  by: string[];
  /** Voided, because the champion is another: the comparison has to be made again. */
  championMoved: boolean;
}

/** A notice that the time is nearly up goes out when a tenth of it is left, and a day at most. */
const EXPIRING_SHARE = 0.1;
const DAY_MS = 86_400_000;

/** Approvals that this workflow asked for, by id; the handlers are set when it first asks. */
let desk: Map<string, Asking> | undefined;

function openDesk(): Map<string, Asking> {
  if (desk) return desk;
  const asked = new Map<string, Asking>();
  setHandler(decideApprovalUpdate, (given) => take(asked.get(given.approval) as Asking, given), {
    validator: (given) => {
      const why = refusal(asked.get(given.approval), given, Date.now());
      if (why !== undefined) throw new Error(why);
    },
  });
  setHandler(doubtEvidenceSignal, ({ approval }) => {
    const asking = asked.get(approval);
    if (asking) asking.isDoubted = true;
  });
  desk = asked;
  return asked;
}

async function take(asking: Asking, given: Decision): Promise<DecisionTaken> {
  const key = nameKey(given.actor);
  if (!asking.said.has(key)) {
    const note = given.note?.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
    const said: Said = {
      decision: given.decision,
      actor: given.actor.trim(),
      isNoted: false,
      ...(note === undefined || note === '' ? {} : { note }),
    };
    asking.said.set(key, said);
    await noteDecision({
      approval: asking.id,
      actor: said.actor,
      decision: said.decision,
      role: asking.rules.role ?? null,
      note: said.note ?? null,
      evidence: given.evidence,
    });
    said.isNoted = true;
  }
  // What the last word led to is what its speaker wants to know.
  if (outcomeOf(asking) !== undefined) await condition(() => asking.ended !== undefined);
  return {
    status: asking.ended?.status ?? 'waiting',
    approved: approvals(asking),
    quorum: asking.rules.quorum,
    why: asking.ended?.why ?? null,
  };
}

/**
 * Asks people whether a candidate is promoted and waits for them, for weeks at no cost. Their decision is bound to the
 * digest of the evidence: where something changed when enough have approved, the approval is void.
 */
export async function askApproval(question: Question): Promise<Answer> {
  const { run, recipe, story, startedBy } = question;
  const rules = recipe.approve as Approve;
  const asked = openDesk();
  const askedAt = Date.now();
  const expiresAt = askedAt + msOf(rules.expiresIn);
  const requested = await request(question, { askedAt, expiresAt });
  const asking: Asking = {
    id: String(requested.facts['approval']),
    evidence: String(requested.facts['evidence']),
    rules,
    requestedBy: startedBy,
    expiresAt,
    said: new Map(),
    isClosing: false,
    isDoubted: false,
  };
  asked.set(asking.id, asking);
  const say = async (why: string | null): Promise<void> => {
    story.waiting(why);
    await setWaiting({ runId: run.id, why });
  };
  try {
    const ending = await waitFor(asking, question, { askedAt, say });
    asking.isClosing = true;
    const answer = await concluded(asking, question, ending);
    await endApproval({
      id: asking.id,
      status: answer.decision,
      why: answer.why,
      actor: answer.by.join(', ') || startedBy,
    });
    await say(null);
    asking.ended = { status: answer.decision, why: answer.why };
    await condition(allHandlersFinished);
    return answer;
  } catch (error) {
    if (isCancellation(error)) {
      const why = 'the run was cancelled';
      asking.ended ??= { status: 'voided', why };
      await CancellationScope.nonCancellable(() =>
        endApproval({ id: asking.id, status: 'voided', why, actor: startedBy }),
      );
    }
    throw error;
  }
}

type Ending = 'approved' | 'rejected' | 'expired' | { changed: string; championMoved: boolean };

/** Waits until people have decided, the time is up, or the evidence changed; reminds meanwhile. */
async function waitFor(
  asking: Asking,
  question: Question,
  { askedAt, say }: { askedAt: number; say: (why: string) => Promise<void> },
): Promise<Ending> {
  const { run, recipe, verdict } = question;
  const { remindAfter, expiresIn, quorum } = recipe.approve as Approve;
  const pause = remindAfter === undefined ? Infinity : msOf(remindAfter);
  const { expiresAt } = asking;
  let remindAt = askedAt + pause;
  let warnAt = expiresAt - Math.min(DAY_MS, EXPIRING_SHARE * msOf(expiresIn));
  const wants = (): string =>
    `people to approve ${modelNameOf(recipe)} (verdict ${verdict}), ${approvals(asking)} of ${quorum} so far, until ${minuteOf(expiresAt)}`;
  const notify = (kind: 'waiting' | 'expiring'): Promise<void> =>
    tell({
      run,
      recipe,
      kind,
      message: `${kind === 'expiring' ? 'the time is nearly up: ' : ''}it waits for ${wants()}`,
    });
  let heard = -1;
  for (;;) {
    const isNoted = [...asking.said.values()].every((said) => said.isNoted);
    const outcome = outcomeOf(asking);
    if (outcome !== undefined && isNoted) return outcome;
    const now = Date.now();
    if (outcome === undefined && now >= expiresAt) return 'expired';
    if (heard !== asking.said.size) {
      const isFirst = heard === -1;
      heard = asking.said.size;
      await say(`${wants()}: \`anneal approve ${run.id}\` or \`anneal reject ${run.id} --reason …\``);
      if (isFirst) await notify('waiting');
    } else if (asking.isDoubted && outcome === undefined) {
      asking.isDoubted = false;
      const { changed, championMoved } = await checkEvidence({ id: asking.id });
      if (changed !== null && outcomeOf(asking) === undefined) return { changed, championMoved };
    } else if (now >= warnAt) {
      warnAt = Infinity;
      await notify('expiring');
    } else if (now >= remindAt) {
      remindAt += pause * Math.ceil((now - remindAt + 1) / pause);
      await notify('waiting');
    } else {
      const news = (): boolean =>
        heard !== asking.said.size ||
        (outcomeOf(asking) !== undefined && [...asking.said.values()].every((said) => said.isNoted)) ||
        (asking.isDoubted && outcomeOf(asking) === undefined);
      await condition(news, Math.min(expiresAt, warnAt, remindAt) - now);
    }
  }
}

/** What the end comes to: what people approved holds only while the evidence does. */
async function concluded(asking: Asking, { recipe, verdict }: Question, ending: Ending): Promise<Answer> {
  const { id } = asking;
  const { quorum, expiresIn, onExpiry } = recipe.approve as Approve;
  const spoken = [...asking.said.values()];
  const voided = (changed: string, championMoved: boolean): Answer => ({
    id,
    decision: 'voided',
    why: `the evidence changed after it was asked about: ${changed}`,
    by: [],
    championMoved,
  });
  if (typeof ending === 'object') return voided(ending.changed, ending.championMoved);
  if (ending === 'rejected') {
    const no = spoken.find(({ decision }) => decision === 'reject') as Said;
    return {
      id,
      decision: 'rejected',
      why: `${no.actor} rejected it: ${no.note}`,
      by: [no.actor],
      championMoved: false,
    };
  }
  const isPromoted = ending === 'approved' || (onExpiry === 'promote' && verdict === 'promote');
  if (isPromoted) {
    const { changed, championMoved } = await checkEvidence({ id });
    if (changed !== null) return voided(changed, championMoved);
  }
  if (ending === 'approved') {
    const yes = spoken.map(({ actor, note }) => (note === undefined ? actor : `${actor} ("${note}")`));
    const by = spoken.map(({ actor }) => actor);
    return { id, decision: 'approved', why: `approved by ${yes.join(', ')}`, by, championMoved: false };
  }
  const said = `${spoken.length} of ${quorum} approved within ${expiresIn}`;
  const then = isPromoted ? 'the recipe promotes then what the gate promotes' : 'the champion stays';
  return { id, decision: 'expired', why: `${said}, and ${then}`, by: [], championMoved: false };
}

function request(
  { run, recipe, round, verdict, candidate, champion, base, test, refs, startedBy, story }: Question,
  { askedAt, expiresAt }: { askedAt: number; expiresAt: number },
): ReturnType<typeof steps.requestApproval> {
  const { role, quorum } = recipe.approve as Approve;
  const instance = round === 1 ? 'approval' : `approval#${round}`;
  return story.step(instance, () =>
    steps.requestApproval({
      run,
      instance,
      params: {
        round,
        line: recipe.name,
        model: modelNameOf(recipe),
        alias: recipe.register.alias,
        champion: champion?.version ?? null,
        verdict,
        role: role ?? null,
        quorum,
        requestedBy: startedBy,
        requestedAt: new Date(askedAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      },
      inputs: {
        model: candidate,
        base,
        test,
        ...(champion ? { champion: champion.ref } : {}),
        ...pick(refs, 'report', 'verdict', 'forgetting'),
      },
    }),
  );
}
