import { Decontaminate, type AnyPolicy } from '../configs/policies.ts';
import { createAccount, passThrough, remove, type Stage } from './engine.ts';
import { readLines, rowsIn } from './lines.ts';
import { createStatistics } from './look/statistics.ts';
import { ALL_POLICIES } from './policies/all.ts';
import type { EvalSet } from './policies/policy.ts';
import { beginWork, type PreparationOrder, type RowBatches, type Work } from './preparation-work.ts';
import { sumUp, type PreparedStatistics } from './prepared.ts';
import type { Row, TestRow } from './row.ts';
import { createSplit } from './split.ts';
import { cannotBeLearned, createTestSide, type Statistics, type TestSide } from './test-side.ts';

/** Files with the results, JSON lines all, and what was counted. */
export interface Preparation {
  train: string;
  test: string;
  removed: { path: string; rows: number };
  /** Examples for a prompt, when a policy chose some. */
  fewShot: Row[];
  statistics: PreparedStatistics;
}

/**
 * From rows to a training set and a frozen test set that share nothing. Policies for both sides come first, then
 * the split, then those for training rows; every row that is left out is put aside with policy and reason.
 */
export async function prepareDatasets(order: PreparationOrder): Promise<Preparation> {
  const work = beginWork(order);
  try {
    const test = createTestSide(work);
    const split = order.split && createSplit(order.split, order.earlier ?? { test: new Set(), train: new Set() });
    if (order.test) await takeTestRows(work, order.test, test);
    const trained = createStatistics();
    const learned = await takeTrainRows(work, order.train, split, test, trained);
    test.file.close();
    const { path, fewShot } = await refineTrainRows(work, learned, test.file.path, trained);
    const rows = { train: trained.result(), test: test.statistics.result() };
    const { accounts, totals, notes, removed } = work;
    removed.close();
    return {
      train: path,
      test: test.file.path,
      removed: { path: removed.path, rows: removed.count },
      fewShot,
      statistics: {
        train: { ...totals.train, ...sumUp(accounts, 'train'), kept: rows.train.rows },
        test: { ...totals.test, ...sumUp(accounts, 'test'), kept: rows.test.rows },
        policies: accounts,
        rows,
        notes,
      },
    };
  } finally {
    for (const file of work.files) file.close();
  }
}

async function takeTestRows(work: Work, rows: RowBatches, test: TestSide): Promise<void> {
  const stages = await work.start('test', 'all');
  for await (const batch of rows) {
    for (const row of batch) {
      work.totals.test.in += 1;
      const left = passThrough(stages, row, work.takeOut);
      if (left) test.add(left);
    }
    await work.breathe();
  }
  end(stages);
}

/** Puts training rows through the policies for both sides and gives each its side. */
async function takeTrainRows(
  work: Work,
  rows: RowBatches,
  split: ReturnType<typeof createSplit> | undefined,
  test: TestSide,
  statistics: Statistics,
): Promise<string> {
  const stages = await work.start('train', 'all');
  const accounts = { split: createAccount('split', 'train'), shape: createAccount('shape', 'train') };
  if (split) work.accounts.push(accounts.split);
  work.accounts.push(accounts.shape);
  const learned = work.open('learned-0.jsonl');
  // Without a policy for training rows alone these are the last word, and need not be read again to be counted.
  const areFinal = work.order.policies.every(({ policy }) => ALL_POLICIES[policy].side !== 'train');
  const place = (row: Row): void => {
    if (split) {
      accounts.split.in += 1;
      const side = split.side(row);
      if (typeof side !== 'string')
        return remove(accounts.split, row, { out: 'quarantine', why: side.why }, work.takeOut);
      accounts.split.out += 1;
      if (side === 'test') {
        work.totals.train.toTest += 1;
        work.totals.test.in += 1;
        return test.add(row);
      }
    }
    accounts.shape.in += 1;
    const why = cannotBeLearned(row, work.order.objective);
    if (why !== undefined) return remove(accounts.shape, row, { out: 'quarantine', why }, work.takeOut);
    accounts.shape.out += 1;
    if (areFinal) statistics.add(row);
    learned.write({ ...row, side: 'train' } satisfies Row);
  };
  // A split that has to see the whole first gets the rows as they come out of the policies.
  const waiting = split?.observe ? work.open('unsplit.jsonl') : undefined;
  for await (const batch of rows) {
    for (const row of batch) {
      work.totals.train.in += 1;
      const left = passThrough(stages, row, work.takeOut);
      if (!left) continue;
      if (waiting) {
        split?.observe?.(left);
        waiting.write(left);
      } else place(left);
    }
    await work.breathe();
  }
  if (waiting) {
    waiting.close();
    for (const batch of readLines<Row>(waiting.path)) {
      for (const row of batch) place(row);
      await work.breathe();
    }
  }
  end(stages);
  learned.close();
  return learned.path;
}

/** Puts training rows through the policies for them alone; one that has to see the whole begins a new pass. */
async function refineTrainRows(
  work: Work,
  learned: string,
  testFile: string,
  statistics: Statistics,
): Promise<{ path: string; fewShot: Row[] }> {
  const own: EvalSet = { digest: '', name: 'the test set of this run', rows: rowsIn<TestRow>(testFile) };
  const stages = await work.start('train', 'train', [own, ...work.order.evalSets]);
  const passes = passesOf(stages);
  let current = learned;
  for (const [i, pass] of passes.entries()) {
    for (const { run } of pass) {
      if (!run.observe) continue;
      for (const batch of readLines<Row>(current)) {
        for (const row of batch) run.observe(row);
        await work.breathe();
      }
    }
    const next = work.open(`learned-${i + 1}.jsonl`);
    for (const batch of readLines<Row>(current)) {
      for (const row of batch) {
        const left = passThrough(pass, row, work.takeOut);
        if (!left) continue;
        if (i === passes.length - 1) statistics.add(left);
        next.write(left);
      }
      await work.breathe();
    }
    next.close();
    current = next.path;
  }
  end(stages);
  const fewShot = stages.flatMap(({ run }) => run.chosen?.() ?? []);
  return { path: current, fewShot };
}

function passesOf(stages: readonly Stage[]): Stage[][] {
  const passes: Stage[][] = [];
  for (const stage of stages) {
    const last = passes.at(-1);
    if (last && !stage.run.observe) last.push(stage);
    else passes.push([stage]);
  }
  return passes;
}

function end(stages: readonly Stage[]): void {
  for (const { run, account } of stages) {
    const findings = run.findings?.();
    if (findings) account.findings = findings;
  }
}

/** The list of a recipe; own test rows are kept out of training even where it does not say so. */
export const withOwnTestSet = (policies: readonly AnyPolicy[]): AnyPolicy[] =>
  policies.some(({ policy }) => policy === 'decontaminate')
    ? [...policies]
    : [...policies, Decontaminate.parse({ policy: 'decontaminate', against: 'own' })];
