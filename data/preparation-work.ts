import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import type { AnyPolicy } from '../configs/policies.ts';
import type { PolicyAccount } from './account.ts';
import { startPolicy, type Removed, type Sink, type Stage } from './engine.ts';
import { writeLines, type LineWriter } from './lines.ts';
import { ALL_POLICIES } from './policies/all.ts';
import type { EvalSet, World } from './policies/policy.ts';
import type { Row } from './row.ts';
import type { Objective } from './test-side.ts';
import type { EarlierSplit, SplitSettings } from './split.ts';

/** Rows in batches. */
export type RowBatches = AsyncIterable<Row[]> | Iterable<Row[]>;

/** What is to be prepared, out of what, and where to. */
export interface PreparationOrder {
  policies: readonly AnyPolicy[];
  train: RowBatches;
  /** Rows of a test source; without them `split` takes the test set out of `train`. */
  test?: RowBatches | undefined;
  split?: SplitSettings | undefined;
  earlier?: EarlierSplit | undefined;
  /** Names of the sources by their number, so that rows put aside say where they come from. */
  names?: { train: readonly string[]; test: readonly string[] } | undefined;
  /** Registered test and evaluation sets. */
  evalSets: readonly EvalSet[];
  countTokens: World['countTokens'];
  tokensAtMost?: World['tokensAtMost'];
  maxTokens: number;
  /** What is learned from the rows; default: to answer as they do. */
  objective?: Objective | undefined;
  seed: number;
  /** Folder for the results and for what lies between. */
  folder: string;
  signal?: AbortSignal | undefined;
}

/** Seed of what policies choose at random: another seed of the training must not make other data. */
export const PREPARE_SEED = 1;

/** What the parts of a preparation share. */
export interface Work {
  order: PreparationOrder;
  removed: LineWriter;
  takeOut: Sink<Removed>;
  accounts: PolicyAccount[];
  totals: Record<'train' | 'test', { in: number; toTest: number }>;
  notes: string[];
  /** Every file that was opened for writing. */
  files: LineWriter[];
  open(name: string): LineWriter;
  start(side: 'train' | 'test', of: 'all' | 'train', evalSets?: readonly EvalSet[]): Promise<Stage[]>;
  /** Lets heartbeats through, and ends the work when it is cancelled. */
  breathe(): Promise<void>;
}

export function beginWork(order: PreparationOrder): Work {
  const files: LineWriter[] = [];
  const accounts: PolicyAccount[] = [];
  const notes: string[] = [];
  const open = (name: string): LineWriter => {
    const file = writeLines(join(order.folder, name));
    files.push(file);
    return file;
  };
  const removed = open('removed.jsonl');
  return {
    order,
    removed,
    takeOut: (value) => {
      // Rows that a split gave to the test set come from the training sources.
      const file = order.names?.[order.test ? value.side : 'train'][value.source];
      removed.write(file === undefined ? value : { file, ...value });
    },
    accounts,
    totals: { train: { in: 0, toTest: 0 }, test: { in: 0, toTest: 0 } },
    notes,
    files,
    open,
    start: async (side, of, evalSets = []) => {
      const world: World = {
        evalSets,
        countTokens: order.countTokens,
        tokensAtMost: order.tokensAtMost,
        maxTokens: order.maxTokens,
        seed: order.seed,
        warn: (message) => void (notes.includes(message) || notes.push(message)),
      };
      const stages: Stage[] = [];
      for (const settings of order.policies) {
        const policy = ALL_POLICIES[settings.policy];
        if (policy.side === of) stages.push(await startPolicy(policy, settings, side, world));
      }
      accounts.push(...stages.map(({ account }) => account));
      return stages;
    },
    breathe: async () => {
      order.signal?.throwIfAborted();
      await breathe();
    },
  };
}
