import type { PolicyAccount } from './account.ts';
import type { DatasetStatistics } from './look/statistics.ts';

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

/** What all policies of a side took out, by what it means. */
export function sumUp(
  accounts: readonly PolicyAccount[],
  side: 'train' | 'test',
): Pick<Account, 'duplicates' | 'inTestSet' | 'removed'> {
  const removedBy = (...policies: string[]): number =>
    accounts.reduce(
      (sum, account) => sum + (account.side === side && policies.includes(account.policy) ? account.removed : 0),
      0,
    );
  const all = accounts.reduce((sum, account) => sum + (account.side === side ? account.removed : 0), 0);
  const repeats = accounts.find(({ policy }) => policy === 'testRows')?.reasons[REPEATED_TEST_ROW] ?? 0;
  const duplicates = removedBy('dedupe') + (side === 'test' ? repeats : 0);
  const inTestSet = removedBy('decontaminate');
  return { duplicates, inTestSet, removed: all - duplicates - inTestSet };
}

/** The reason for a test row that says what an earlier one says. */
export const REPEATED_TEST_ROW = 'repeats an earlier row of the test set';
