import type { TuneOrder, Tuner } from '../../../adapters/contracts.ts';
import { createMlxTuner } from '../../../adapters/mlx/tuner.ts';

/** For test/support/tuner-worker.ts: `args` is JSON with the folder of the jobs and an order. */
export const openTuner = async (args: string): Promise<{ tuner: Tuner; order: TuneOrder }> => {
  const { jobs, order } = JSON.parse(args) as { jobs: string; order: TuneOrder };
  return { tuner: createMlxTuner({ jobs }), order };
};
