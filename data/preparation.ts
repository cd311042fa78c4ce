import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { terminal } from '../configs/failure.ts';
import { Decontaminate, type AnyPolicy } from '../configs/policies.ts';
import type { PolicyAccount } from './account.ts';
import { IdTable } from './dedupe/id-table.ts';
import { createAccount, passThrough, remove, startPolicy, type Removed, type Sink, type Stage } from './engine.ts';
import { readLines, rowsIn, writeLines, type LineWriter } from './lines.ts';
import { createStatistics, type DatasetStatistics } from './look/statistics.ts';
import { ALL_POLICIES } from './policies/all.ts';
import type { EvalSet, World } from './policies/policy.ts';
import { answerOf, promptOf, textOf, type Row, type TestRow } from './row.ts';
import { createSplit, type EarlierSplit, type SplitSettings } from './split.ts';

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
  seed: number;
  /** Folder for the results and for what lies between. */
  folder: string;
  signal?: AbortSignal | undefined;
}

/** Seed of what policies choose at random: another seed of the training must not make other data. */
export const PREPARE_SEED = 1;

/** Where the rows of one side went. `in` is always the sum of the rest. */
export interface Account {
  in: number;
  kept: number;
  /** Same prompt and answer as an earlier row. */
  duplicates: number;
  /** Repeats a row of a test set: learning it would make the test worthless. */
  inTestSet: number;
  /** Taken out for another reason; `policies` tells which. */
  removed: number;
  /** Went to the other side of a split. */
  toTest: number;
}

export interface PreparedStatistics {
  train: Account;
  test: Account;
  /** One account for each policy and side, in the order they were applied. */
  policies: PolicyAccount[];
  rows: { train: DatasetStatistics; test: DatasetStatistics };
  /** What a person should know about the whole. */
  notes: string[];
}

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

/** What the parts of a preparation share. */
interface Work {
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

function beginWork(order: PreparationOrder): Work {
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

type Statistics = ReturnType<typeof createStatistics>;

/** The frozen test set under construction: each row once, each with an answer to compare with. */
interface TestSide {
  file: LineWriter;
  statistics: Statistics;
  add(row: Row): void;
}

function createTestSide(work: Work): TestSide {
  const file = work.open('test.jsonl');
  const statistics = createStatistics();
  const account = createAccount('testRows', 'test');
  const seen = new IdTable();
  return {
    file,
    statistics,
    add: (row) => {
      if (account.in === 0) work.accounts.push(account);
      account.in += 1;
      if (row.origin && row.origin.confirmedBy === undefined) throw unconfirmed(row);
      const why = cannotBeLearned(row);
      if (why !== undefined) return remove(account, row, { out: 'quarantine', why }, work.takeOut);
      // Also without a dedupe policy: an evaluation counts every row once.
      if (seen.addId(row.id, 1) !== 0) return remove(account, row, { out: 'drop', why: REPEATED }, work.takeOut);
      account.out += 1;
      statistics.add(row);
      file.write({ ...row, side: 'test', messages: promptOf(row), reference: answerOf(row) } satisfies TestRow);
    },
  };
}

/** A model that is judged by rows which a model made up is judged by nothing. */
const unconfirmed = ({ source, line }: Row): Error =>
  terminal(
    'UnconfirmedTestRows',
    `the test set holds a synthetic row that nobody has confirmed (line ${line} of source ${source + 1}): read it, then \`anneal data confirm\`, and name the confirmed dataset as data.test.uri`,
    { source, line },
  );

const REPEATED = 'repeats an earlier row of the test set';

/** What keeps a row from being an example of question and answer. */
function cannotBeLearned(row: Row): string | undefined {
  if (row.chosen) return 'is a preference pair: this tuner learns from conversations';
  if (row.document) return 'is a document: this tuner learns from conversations';
  const last = row.messages.at(-1);
  if (last?.role !== 'assistant') return 'has no answer: expected an assistant message at the end';
  if (textOf(last).trim() === '' && last.tool_calls === undefined) return 'has an empty answer';
  return row.messages.length < 2 ? 'has an answer and nothing that was asked' : undefined;
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
    const why = cannotBeLearned(row);
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

function sumUp(
  accounts: readonly PolicyAccount[],
  side: 'train' | 'test',
): Pick<Account, 'duplicates' | 'inTestSet' | 'removed'> {
  const removedBy = (...policies: string[]): number =>
    accounts.reduce(
      (sum, account) => sum + (account.side === side && policies.includes(account.policy) ? account.removed : 0),
      0,
    );
  const all = accounts.reduce((sum, account) => sum + (account.side === side ? account.removed : 0), 0);
  const repeats = accounts.find(({ policy }) => policy === 'testRows')?.reasons[REPEATED] ?? 0;
  const duplicates = removedBy('dedupe') + (side === 'test' ? repeats : 0);
  const inTestSet = removedBy('decontaminate');
  return { duplicates, inTestSet, removed: all - duplicates - inTestSet };
}

/** The list of a recipe; own test rows are kept out of training even where it does not say so. */
export const withOwnTestSet = (policies: readonly AnyPolicy[]): AnyPolicy[] =>
  policies.some(({ policy }) => policy === 'decontaminate')
    ? [...policies]
    : [...policies, Decontaminate.parse({ policy: 'decontaminate', against: 'own' })];

/** What is wrong when a side has no row left. */
export function emptyProblem(statistics: PreparedStatistics): { type: string; message: string } | undefined {
  const { train, test } = statistics;
  if (test.kept === 0) {
    const why =
      train.toTest > 0 || test.in > 0
        ? `all ${test.in} rows were left out: ${whereTo(statistics, 'test')}`
        : train.removed > 0
          ? `${train.removed} of ${train.in} rows were taken out before: ${whereTo(statistics, 'train')}`
          : `a share of ${train.in} rows gave none`;
    const remedy = test.in > 0 ? 'give more test rows' : 'give more rows or a larger share';
    return { type: 'EmptyTestSet', message: `the test set is empty after preparation (${why}): ${remedy}` };
  }
  if (train.kept > 0) return undefined;
  return {
    type: 'EmptyTrainingSet',
    message: `no training row is left: ${train.duplicates} are repeats, the prompts of ${train.inTestSet} stand in a test set, and ${train.removed} were taken out (${whereTo(statistics, 'train')}); training and test file must differ`,
  };
}

const whereTo = ({ policies }: PreparedStatistics, side: 'train' | 'test'): string =>
  policies
    .filter((account) => account.side === side && account.removed > 0)
    .map(
      ({ policy, removed, examples }) =>
        `${policy} ${removed}, e.g. line ${examples[0]?.line ?? 0} ${examples[0]?.reason ?? ''}`,
    )
    .join('; ') || 'nothing else';
