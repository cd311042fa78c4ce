import { CancellationScope, isCancellation, startChild, uuid4 } from '@temporalio/workflow';
import type { NoticeKind, NotifyTarget } from '../configs/notify.ts';
import { modelNameOf } from '../configs/names.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef, Verdict } from '../configs/refs.ts';
import type { deliverNotice } from './deliver-notice.ts';
import { mirrorFailed } from './mirror.ts';
import { closeRun } from './steps.ts';
import { errorOf } from './story.ts';

/** What is told. */
export interface Telling {
  run: RunRef;
  recipe: Recipe;
  kind: NoticeKind;
  /** One sentence; no rows, no secrets. */
  message: string;
  /** For skipped: runs of the line skipped in a row, this one included. */
  skips?: number;
}

/**
 * Tells those whom the recipe names. Delivery is a workflow of its own, which goes on after the run: a server that
 * cannot be reached neither holds a run up nor fails it.
 */
export async function tell({ run, recipe, kind, message, skips }: Telling): Promise<void> {
  const targets = (recipe.notify ?? []).flatMap((target, index) =>
    isWanted(target, kind, skips) ? [{ target, index }] : [],
  );
  if (targets.length === 0) return;
  const key = uuid4();
  try {
    await startChild<typeof deliverNotice>('deliverNotice', {
      workflowId: `${run.id}.notice.${key.slice(0, 8)}`,
      parentClosePolicy: 'ABANDON',
      staticSummary: `${recipe.name}: ${kind}`,
      args: [
        {
          key,
          notice: {
            kind,
            run: run.id,
            line: recipe.name,
            model: modelNameOf(recipe),
            message,
            at: new Date(Date.now()).toISOString(),
            look: `anneal show ${run.id}`,
          },
          targets,
        },
      ],
    });
  } catch {
    // A run that is cancelled meanwhile ends as cancelled by what it does next.
  }
}

const isWanted = ({ on, skips: every }: NotifyTarget, kind: NoticeKind, skips: number | undefined): boolean =>
  on.includes(kind) && (kind !== 'skipped' || (skips !== undefined && skips > 0 && skips % every === 0));

/** What became of a candidate that was decided on. */
export interface End {
  verdict: Verdict;
  /** `name@vN` of the candidate. */
  model: string;
  isPromoted: boolean;
  /** More about it, in a sentence; null: the verdict says all. */
  why: string | null;
}

/** Tells those whom the recipe names what became of a candidate. */
export async function tellEnd(
  { run, recipe }: Pick<Telling, 'run' | 'recipe'>,
  { verdict, model, isPromoted, why }: End,
): Promise<void> {
  const what = isPromoted ? `${model} is ${recipe.register.alias} now` : `${model} was not promoted`;
  const message = `${what}: the gate says ${verdict}${why === null ? '' : `; ${why}`}`;
  await tell({ run, recipe, kind: isPromoted ? 'promoted' : 'rejected', message });
}

/** Ends a run that failed or was cancelled, in a scope that cannot be cancelled; tells of a failure, and copies it. */
export async function endWithError(error: unknown, { run, recipe }: Pick<Telling, 'run' | 'recipe'>): Promise<void> {
  const status = isCancellation(error) ? 'cancelled' : 'failed';
  await CancellationScope.nonCancellable(() => closeRun({ id: run.id, status, error: errorOf(error) }));
  if (status !== 'failed') return;
  await tell({ run, recipe, kind: 'failed', message: `the run failed: ${errorOf(error).type}` });
  await mirrorFailed({ run, recipe });
}
