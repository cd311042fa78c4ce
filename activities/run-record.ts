import { closeRun as close, openRun as open, setWaiting, type NewRun, type RunEnd } from '../artifacts/ledger/runs.ts';
import { skipExecutions } from '../artifacts/ledger/executions.ts';
import { auditOnce } from '../artifacts/ledger/audit.ts';
import { versionAt } from '../artifacts/ledger/models.ts';
import type { ArtifactRef } from '../configs/refs.ts';
import { isRemoteModel } from './remote-models.ts';
import type { Deps } from './step/deps.ts';

/** The champion that a candidate is compared with. */
export interface Champion {
  ref: ArtifactRef;
  version: number;
  /** It lies at a vendor, who answers for it. */
  isRemote?: true;
}

/** What a workflow writes about itself: its beginning, its end, what it skipped; and the champion it reads. */
export interface RunRecord {
  openRun(run: NewRun): Promise<void>;
  closeRun(end: RunEnd): Promise<void>;
  skipSteps(skip: { runId: string; steps: readonly string[]; reason: string }): Promise<void>;
  /** Says what a run waits for; null: it goes on. */
  setWaiting(wait: { runId: string; why: string | null }): Promise<void>;
  findChampion(line: { name: string; alias: string }): Promise<Champion | null>;
  /** Writes what a second look at a promotion came to into the audit of its line. */
  noteReconsidered(row: Reconsidered): Promise<void>;
}

/** What a second look at a promotion came to. */
export interface Reconsidered {
  runId: string;
  actor: string;
  /** Line of models and version that was promoted. */
  name: string;
  version: number;
  /** `reopened`: it does not hold without the judge; the alias stays where it is until a person moves it. */
  outcome: 'upheld' | 'reopened';
  why: string;
}

export function createRunRecord(deps: Deps): RunRecord {
  const { ledger, worker } = deps;
  return {
    openRun: (run) => open(ledger, run),
    closeRun: (end) => close(ledger, end),
    skipSteps: ({ runId, steps, reason }) => skipExecutions(ledger, runId, steps, reason, worker),
    setWaiting: ({ runId, why }) => setWaiting(ledger, runId, why),
    noteReconsidered: ({ runId, actor, name, version, outcome, why }) =>
      auditOnce(ledger, { actor, action: outcome, name, to: version, why, runId }),
    findChampion: async ({ name, alias }) => {
      const found = await versionAt(ledger, name, alias);
      if (!found) return null;
      const isRemote = await isRemoteModel(deps, found.digest);
      return {
        ref: { digest: found.digest, type: 'Model' },
        version: found.version,
        ...(isRemote ? { isRemote } : {}),
      };
    },
  };
}
