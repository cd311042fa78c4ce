import type { Generator } from '../../configs/synthesis.ts';
import type { WriterKind } from '../contracts.ts';
import { createMlxWriter } from './writer.ts';

type Settings = Extract<Generator, { kind: 'mlx' }>;

/** A model on this machine, as a generator of a recipe. */
export const mlxKind = ({ jobs }: { jobs: string }): WriterKind<Settings> => ({
  queue: 'train',
  modelOf: ({ model }) => model,
  priceOf: () => ({ inputPerMillion: 0, outputPerMillion: 0 }),
  create: ({ concurrency }, { run, base, adapter }) => {
    if (base === undefined) throw new Error('a local model was to be asked before it was found');
    return createMlxWriter({ jobs, run, base, adapter, concurrency });
  },
});
