import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { takeLease, releaseLease, type Holder, type LeaseAnswer, type LeaseAsk } from '../artifacts/ledger/leases.ts';
import { closeRun, recordEvent } from '../artifacts/ledger/runs.ts';
import type { Deps } from './step/deps.ts';
import { failpoint } from '../configs/failpoint.ts';

/** What every ask for a lease says. */
interface Ask {
  run: string;
  /** Workflow of whoever is to hold it. */
  workflowId: string;
  /** What it is for, in a few words. */
  what: string;
  priority: number;
  /** What the run was told last that it waits for; the activity comes back when there is something else to say. */
  told?: string | undefined;
}

export interface TrainerAsk extends Ask {
  tuner: string;
}

export interface LineAsk extends Ask {
  line: string;
  /** Default: the run. A backfill holds the line for all of its periods. */
  holder?: string | undefined;
  /** Whether to wait for the line. */
  wait: boolean;
}

export type TrainerAnswer =
  /** `resource` is null where trainings need not take turns. */
  { held: true; resource: string | null } | { held: false; why: string };

export type LineAnswer =
  | { held: true }
  | {
      held: false;
      why: string;
      /** The same as the reason of a run that does not wait. */
      overlap: string;
      holder: { run: string; workflowId: string; isBackfill: boolean } | null;
    };

export interface LeaseActivities {
  /**
   * Takes the slot of a tuner. Waits for it by failing in a way that is tried again, which takes neither a place in
   * the worker nor room in the history, however long it takes.
   */
  takeTrainer(ask: TrainerAsk): Promise<TrainerAnswer>;
  /** Takes a line of models, or says who has it. */
  takeLine(ask: LineAsk): Promise<LineAnswer>;
  /** Lets go; of what another holds nothing changes. */
  releaseLease(lease: { resource: string; run: string }): Promise<void>;
  /** Asks the run that holds a line to end. */
  cancelHolder(order: { run: string; workflowId: string; by: string }): Promise<void>;
}

/** Leases: one training at a time for each trainer, one run at a time for each line. */
export function createLeases(deps: Deps): LeaseActivities {
  const { ledger } = deps;
  return {
    takeTrainer: async ({ tuner: name, told, run, ...ask }) => {
      const taken = await deps.tuners[name]?.slots?.();
      if (!taken) return { held: true, resource: null };
      const { resource, slots } = taken;
      const waiting = (holder: Holder | undefined): string => trainerIsBusy(resource, holder);
      const answer = await take(deps, { ...ask, run, resource, slots, ttlSeconds: null, waiting });
      if (answer.held) return { held: true, resource: answer.resource };
      const why = waiting(answer.holder);
      // Free, and somebody else goes first: there will be a holder to name in a moment.
      if (told !== why && answer.holder) return { held: false, why };
      throw notYet(why, answer.ahead);
    },

    takeLine: async ({ line, holder: forWhom, wait, told, ...ask }) => {
      const waiting = (holder: Holder | undefined): string => `the line ${line}: ${lineIsBusy(holder)}`;
      const answer = await take(deps, {
        ...ask,
        holder: forWhom,
        resource: lineResource(line),
        ttlSeconds: null,
        ...(wait ? { waiting } : {}),
      });
      if (answer.held) return { held: true };
      const { holder, ahead } = answer;
      const why = waiting(holder);
      if (wait && (told === why || !holder)) throw notYet(why, ahead);
      return {
        held: false,
        why,
        overlap: `overlap: ${lineIsBusy(holder)}`,
        holder: holder
          ? { run: holder.holder, workflowId: holder.workflow_id, isBackfill: holder.kind === 'backfill' }
          : null,
      };
    },

    releaseLease: ({ resource, run }) => releaseLease(ledger, { resource, holder: run }),

    cancelHolder: async ({ run, workflowId, by }) => {
      const message = `run ${by} of the same line has begun, and continuous.overlap is cancel`;
      await recordEvent(ledger, { runId: run, instance: 'run', kind: 'cancel', message });
      try {
        await Context.current().client.workflow.getHandle(workflowId).cancel();
      } catch (error) {
        if (!isNotFound(error)) throw error; // ended meanwhile
      }
    },
  };
}

/** Name of a line among the leases. */
export const lineResource = (line: string): string => `line:${line}`;

/** Takes a lease; one whose holder has no open workflow any more is free. */
async function take({ ledger }: Deps, ask: LeaseAsk): Promise<LeaseAnswer> {
  const answer = await takeLease(ledger, ask);
  if (answer.held) {
    failpoint('lease.taken');
    return answer;
  }
  const { holder } = answer;
  const end = holder && (await endOf(holder.workflow_id));
  if (!holder || !end) return answer;
  const { resource } = holder;
  const message = `${resource} was held by ${holder.holder}, whose workflow ${end.how}: it is free`;
  await recordEvent(ledger, { runId: ask.run, instance: 'run', kind: 'lease', message });
  // It could not write its end itself; with it go all its leases and what it had set aside.
  const error = { type: 'WorkflowEnded', message: `the workflow ${end.how} before it could record its end` };
  await closeRun(ledger, { id: holder.holder, status: end.status, error });
  await releaseLease(ledger, { resource, holder: holder.holder });
  return takeLease(ledger, ask);
}

/** How a workflow ended; undefined: it is open, or the server does not answer, which is no reason to take it for gone. */
async function endOf(workflowId: string): Promise<{ status: 'failed' | 'cancelled'; how: string } | undefined> {
  try {
    const { status } = await Context.current().client.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING' || status.name === 'PAUSED') return undefined;
    const how = `has ended (${status.name.toLowerCase().replaceAll('_', ' ')})`;
    return { status: status.name === 'CANCELLED' ? 'cancelled' : 'failed', how };
  } catch (error) {
    return isNotFound(error) ? { status: 'failed', how: 'is not known to the Temporal server any more' } : undefined;
  }
}

const isNotFound = (error: unknown): boolean => error instanceof Error && error.name === 'WorkflowNotFoundError';

/** Soon for the next in turn, later for those behind; all of them well within the time after which one is passed over. */
function notYet(why: string, ahead: number): ApplicationFailure {
  const seconds = Math.min(8, 1 + ahead / 10);
  return ApplicationFailure.create({
    type: 'NotYet',
    message: why,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: seconds * 1000,
  });
}

function trainerIsBusy(resource: string, holder: Holder | undefined): string {
  const name = `the trainer ${resource.replace(/^trainer:/, '')}`;
  const see = '`anneal status` shows who waits';
  if (!holder) return `${name}, at which other runs go first: ${see}`;
  return `${name}, used by ${holder.holder} since ${clock(holder.since)} (${holder.what}): ${see}`;
}

function lineIsBusy(holder: Holder | undefined): string {
  if (!holder) return 'other runs go first: `anneal status` shows who waits';
  const who = holder.kind === 'backfill' ? `a backfill (${holder.holder})` : `run ${holder.holder} of this line`;
  return `${who} is at work since ${clock(holder.since)} (${holder.what}): \`anneal show ${holder.holder}\` shows it`;
}

/** `2026-11-25 12:03 UTC`. */
const clock = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;
