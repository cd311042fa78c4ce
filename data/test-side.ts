import { terminal } from '../configs/failure.ts';
import { IdTable } from './dedupe/id-table.ts';
import { createAccount, remove } from './engine.ts';
import type { LineWriter } from './lines.ts';
import { createStatistics } from './look/statistics.ts';
import type { Work } from './preparation-work.ts';
import { REPEATED_TEST_ROW } from './prepared.ts';
import { answerOf, promptOf, textOf, type Row, type TestRow } from './row.ts';

/** Counts rows as they are written. */
export type Statistics = ReturnType<typeof createStatistics>;

/** The frozen test set under construction: each row once, each with an answer to compare with. */
export interface TestSide {
  file: LineWriter;
  statistics: Statistics;
  add(row: Row): void;
}

export function createTestSide(work: Work): TestSide {
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
      const why = cannotBeAsked(row, work.order.objective);
      if (why !== undefined) return remove(account, row, { out: 'quarantine', why }, work.takeOut);
      // Also without a dedupe policy: an evaluation counts every row once.
      if (seen.addId(row.id, 1) !== 0)
        return remove(account, row, { out: 'drop', why: REPEATED_TEST_ROW }, work.takeOut);
      account.out += 1;
      statistics.add(row);
      file.write(asTestRow(row));
    },
  };
}

/** The row as a question, and its answer as what is expected. */
export const asTestRow = (row: Row): TestRow => ({
  ...row,
  side: 'test',
  messages: promptOf(row),
  reference: answerOf(row),
});

/** A model that is judged by rows which a model made up is judged by nothing. */
const unconfirmed = ({ source, line }: Row): Error =>
  terminal(
    'UnconfirmedTestRows',
    `the test set holds a synthetic row that nobody has confirmed (line ${line} of source ${source + 1}): read it, then \`anneal data confirm\`, and name the confirmed dataset as data.test.uri`,
    { source, line },
  );

/** What a training learns: to answer as rows do, or to give the better of two answers. */
export type Objective = 'sft' | 'preference';

/** What keeps a row from being a test: where pairs are learned, the better answer of one is what is expected. */
const cannotBeAsked = (row: Row, objective: Objective | undefined): string | undefined =>
  objective === 'preference' && row.chosen ? cannotBeLearned(row, objective) : cannotBeLearned(row);

/** What keeps a row from being an example of what is learned. */
export function cannotBeLearned(row: Row, objective: Objective = 'sft'): string | undefined {
  if (objective === 'preference') {
    if (!row.chosen || !row.rejected) return 'is no pair of answers: tune.objective preference learns from pairs';
    if (answerOf(row).trim() === '') return 'has an empty preferred answer';
    return row.messages.at(-1)?.role === 'user' ? undefined : 'has a prompt that does not end with the user';
  }
  if (row.chosen) return 'is a preference pair: this tuner learns from conversations';
  if (row.document) return 'is a document: this tuner learns from conversations';
  const last = row.messages.at(-1);
  if (last?.role !== 'assistant') return 'has no answer: expected an assistant message at the end';
  if (textOf(last).trim() === '' && last.tool_calls === undefined) return 'has an empty answer';
  return row.messages.length < 2 ? 'has an answer and nothing that was asked' : undefined;
}
