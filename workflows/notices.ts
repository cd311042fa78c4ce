import { startChild, uuid4 } from '@temporalio/workflow';
import type { NoticeKind, NotifyTarget } from '../configs/notify.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { RunRef } from '../configs/refs.ts';
import type { deliverNotice } from './deliver-notice.ts';

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
            model: recipe.register.model ?? recipe.name,
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
