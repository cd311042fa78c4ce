import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { openPeriod, PeriodParams } from './period.ts';

/**
 * Moves the watermark of a period that came to no verdict, since its candidate is the champion. Where there is one,
 * `register` moves it together with the alias.
 *
 * Inputs: those of {@link openPeriod}.
 */
export function createMoveWatermark(deps: Deps): Step<PeriodParams> {
  return defineStep(deps, {
    name: 'watermark',
    version: '1',
    params: PeriodParams,
    always: true,
    run: async (context) => {
      const { params } = context;
      const closing = await openPeriod(context, params, { verdict: null });
      await deps.ledger.transaction().execute((tx) => closing.close(tx, false));
      return { outputs: {}, facts: { period: params.period, rows: closing.outcomeOf(false) } };
    },
  });
}
