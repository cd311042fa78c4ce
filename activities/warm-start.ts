import { z } from 'zod';
import { terminal } from '../configs/failure.ts';
import type { StepContext } from './step/context.ts';

/** What is noted about every tuned model; `depth` is there when it was itself made by a warm start. */
const TunedMeta = z.object({
  base: z.string().optional(),
  chatTemplateSha256: z.string().optional(),
  tokenizerSha256: z.string().optional(),
  depth: z.int().min(0).default(0),
});

/** Where a training starts from, when not from the base model. */
export interface WarmStart {
  /** Digest of the earlier tuned model. */
  start: string;
  /** Warm starts in a row since the last training from the base model, this one included; 1 and more. */
  depth: number;
  chatTemplateSha256: string | undefined;
  tokenizerSha256: string | undefined;
}

/**
 * Reads the step's input `start`; undefined when it has none.
 *
 * @throws TerminalError `StartMismatch` when that model was not tuned from the input `base`.
 */
export async function warmStartOf(context: StepContext<unknown>): Promise<WarmStart | undefined> {
  const start = context.inputs['start']?.digest;
  if (start === undefined) return undefined;
  const base = context.input('base').digest;
  const { base: found, depth, ...rendering } = TunedMeta.parse(await context.metaOf(start));
  if (found !== base)
    throw terminal(
      'StartMismatch',
      `the model to start from (${start}) was tuned from base ${found ?? '(none is recorded: it is no tuned model)'}, this training's base is ${base}: give the same base, or train from the base model`,
      { start, field: 'base', found: found ?? null, wanted: base },
    );
  return {
    start,
    depth: depth + 1,
    chatTemplateSha256: rendering.chatTemplateSha256,
    tokenizerSha256: rendering.tokenizerSha256,
  };
}

/**
 * Compares how rows became tokens in both trainings, for trainers that cannot tell beforehand.
 *
 * @throws TerminalError `StartMismatch`
 */
export function checkRendering(
  warm: WarmStart,
  result: { chatTemplateSha256?: string | undefined; tokenizerSha256?: string | undefined },
): void {
  for (const field of ['chatTemplateSha256', 'tokenizerSha256'] as const) {
    if (warm[field] === undefined || result[field] === undefined || warm[field] === result[field]) continue;
    throw terminal(
      'StartMismatch',
      `the model to start from (${warm.start}) was trained with ${field} ${warm[field]}, this training with ${result[field]}: train from the base model`,
      { start: warm.start, field, found: warm[field], wanted: result[field] },
    );
  }
}
