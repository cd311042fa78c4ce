import type { Ledger } from '../../artifacts/ledger/open.ts';
import type { Range } from '../../data/estimate.ts';

/** Earlier tunings that are looked at. */
const RUNS = 20;

/**
 * Tokens a second that this machine trained in earlier runs: slowest and fastest. The learned tokens that the trainer
 * reports are fewer than those it reads, so it is the read ones that its progress tells.
 */
export async function trainingSpeed(ledger: Ledger): Promise<Range | undefined> {
  const rows = await ledger
    .selectFrom('executions')
    .select('progress_json')
    .where('step', '=', 'tune')
    .where('status', '=', 'completed')
    .where('cached_from', 'is', null)
    .orderBy('started_at', 'desc')
    .limit(RUNS)
    .execute();
  const speeds = rows.flatMap(({ progress_json }) => {
    const { tokensPerSecond } = JSON.parse(progress_json ?? '{}') as { tokensPerSecond?: unknown };
    return typeof tokensPerSecond === 'number' && tokensPerSecond > 0 ? [tokensPerSecond] : [];
  });
  return speeds.length === 0 ? undefined : { low: Math.min(...speeds), high: Math.max(...speeds) };
}
