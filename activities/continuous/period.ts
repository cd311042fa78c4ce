import { z } from 'zod';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { WatermarkRow } from '../../artifacts/ledger/schema.ts';
import { advance, type ArrivedRow } from '../../artifacts/ledger/watermark.ts';
import { rowsIn } from '../../data/lines.ts';
import type { StepContext } from '../step/context.ts';
import type { ArrivalsNote } from './arrivals.ts';

const After = z.enum(['consume', 'keep']);

/** A period of continuous tuning, as its end needs it. */
export const PeriodParams = z.strictObject({
  line: z.string(),
  /** Verdicts of the line when the run began. */
  generation: z.int(),
  period: z.string(),
  onReject: After,
  onInconclusive: After,
  /** Warm starts in a row that the candidate is; 0: trained from the base model. */
  depth: z.int(),
});
export type PeriodParams = z.infer<typeof PeriodParams>;

/** What a period came to. */
export interface PeriodEnd {
  verdict: string | null;
  /** What people said, where they were asked. */
  approval?: { decision: string } | undefined;
}

export interface OpenPeriod {
  /** What becomes of the rows. */
  outcomeOf(isPromoted: boolean): WatermarkRow['outcome'];
  /** Moves the watermark; in a transaction. */
  close(tx: Ledger, isPromoted: boolean): Promise<void>;
}

/**
 * Makes the end of a period ready: everything is read before the transaction that moves alias and watermark.
 *
 * Inputs: `arrivals` (Arrivals), `model` (Model), and where they were made `fresh`, `suite` and `slice` (Dataset).
 */
export async function openPeriod(
  context: Pick<StepContext<unknown>, 'inputs' | 'input' | 'pathOf' | 'metaOf' | 'run'>,
  params: PeriodParams,
  { verdict, approval }: PeriodEnd,
): Promise<OpenPeriod> {
  const { line, generation, period, depth } = params;
  const note = (await context.metaOf(context.input('arrivals').digest)) as unknown as ArrivalsNote;
  const rows = [...rowsIn<ArrivedRow>(await context.pathOf('arrivals'))];
  const { fresh, suite, slice } = context.inputs;
  const added = slice && { digest: slice.digest, n: Number((await context.metaOf(slice.digest))['rows'] ?? 0) };
  const outcomeOf = (isPromoted: boolean): WatermarkRow['outcome'] => {
    if (isPromoted) return 'accepted';
    if (verdict === null) return 'unchanged';
    // A promotion that nobody decided on, or that a frozen line did not take, has proved nothing against its rows.
    const isRejected = approval ? approval.decision === 'rejected' : verdict === 'reject';
    const after = isRejected ? params.onReject : verdict === 'promote' ? 'keep' : params.onInconclusive;
    return after === 'keep' ? 'kept' : 'consumed';
  };
  return {
    outcomeOf,
    close: async (tx, isPromoted) => {
      await advance(tx, {
        line,
        expect: generation,
        runId: context.run.id,
        period,
        verdict,
        outcome: outcomeOf(isPromoted),
        counts: note.counts,
        until: note.until,
        rows,
        train: fresh?.digest ?? null,
        suite: suite?.digest ?? null,
        model: isPromoted ? context.input('model').digest : null,
        depth,
        slice: added,
      });
    },
  };
}
