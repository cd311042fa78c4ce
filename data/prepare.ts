import { isTestSide, toChat, type ChatRow, type Message, type Template } from './chat.ts';

/** A row of a prepared training set: the whole conversation. */
export interface TrainRow {
  id: string;
  /** Line in the source file. */
  line: number;
  messages: Message[];
}

/** A row of a prepared test set: the conversation up to the answer, and the answer expected. */
export interface TestRow {
  id: string;
  line: number;
  messages: Message[];
  reference: string;
}

export interface SourceRow {
  line: number;
  row: Record<string, unknown>;
}

/** Where the rows of one file went. `in` is always the sum of the rest. */
export interface Account {
  in: number;
  kept: number;
  /** Same prompt and completion as an earlier row. */
  duplicates: number;
  /** Prompt also stands in the test set: learning it would make the test worthless. */
  inTestSet: number;
  /** Went to the other side of a split. */
  toTest: number;
}

export interface PreparedStatistics {
  train: Account;
  test: Account;
  /** The most frequent completions with their counts in each set, at most 50. */
  completions: { completion: string; train: number; test: number }[];
  /** Characters of prompt and completion, over the kept training rows. */
  length: { promptMean: number; promptMax: number; completionMean: number; completionMax: number };
}

export interface Prepared {
  train: TrainRow[];
  test: TestRow[];
  statistics: PreparedStatistics;
}

/**
 * From source rows to a training set and a frozen test set that share no prompt.
 *
 * @param testRows Rows of a test file; undefined to split `testShare` off the training rows.
 */
export function prepareRows(
  template: Template,
  trainRows: Iterable<SourceRow>,
  testRows: Iterable<SourceRow> | undefined,
  testShare: number,
): Prepared {
  const train: TrainRow[] = [];
  const test: TestRow[] = [];
  const accounts = { train: emptyAccount(), test: emptyAccount() };
  const testPrompts = new Set<string>();
  const seen = new Set<string>();

  const addTest = (line: number, chat: ChatRow): void => {
    testPrompts.add(chat.promptId);
    test.push({ id: chat.id, line, messages: chat.prompt, reference: chat.completion });
    accounts.test.kept += 1;
  };

  if (testRows) {
    const seenInTest = new Set<string>();
    for (const { line, row } of testRows) {
      accounts.test.in += 1;
      const chat = toChat(template, row);
      if (seenInTest.has(chat.id)) accounts.test.duplicates += 1;
      else addTest(line, chat);
      seenInTest.add(chat.id);
    }
  }
  for (const { line, row } of trainRows) {
    accounts.train.in += 1;
    const chat = toChat(template, row);
    if (seen.has(chat.id)) accounts.train.duplicates += 1;
    else if (!testRows && isTestSide(chat.promptId, testShare)) {
      accounts.train.toTest += 1;
      accounts.test.in += 1;
      addTest(line, chat);
    } else if (testPrompts.has(chat.promptId)) accounts.train.inTestSet += 1;
    else {
      train.push({ id: chat.id, line, messages: [...chat.prompt, { role: 'assistant', content: chat.completion }] });
      accounts.train.kept += 1;
    }
    seen.add(chat.id);
  }
  return {
    train,
    test,
    statistics: { ...accounts, completions: countCompletions(train, test), length: measure(train) },
  };
}

const emptyAccount = (): Account => ({ in: 0, kept: 0, duplicates: 0, inTestSet: 0, toTest: 0 });

const answerOf = (row: TrainRow): string => row.messages.at(-1)?.content ?? '';

function countCompletions(train: TrainRow[], test: TestRow[]): PreparedStatistics['completions'] {
  const counts = new Map<string, { train: number; test: number }>();
  const count = (completion: string, side: 'train' | 'test'): void => {
    const entry = counts.get(completion) ?? { train: 0, test: 0 };
    entry[side] += 1;
    counts.set(completion, entry);
  };
  for (const row of train) count(answerOf(row), 'train');
  for (const row of test) count(row.reference, 'test');
  return [...counts]
    .map(([completion, sides]) => ({ completion: completion.slice(0, 200), ...sides }))
    .toSorted((a, b) => b.train + b.test - a.train - a.test || (a.completion < b.completion ? -1 : 1))
    .slice(0, 50);
}

function measure(train: TrainRow[]): PreparedStatistics['length'] {
  let prompt = 0;
  let promptMax = 0;
  let completion = 0;
  let completionMax = 0;
  for (const row of train) {
    const answer = answerOf(row).length;
    const asked = row.messages.slice(0, -1).reduce((sum, { content }) => sum + content.length, 0);
    prompt += asked;
    completion += answer;
    promptMax = Math.max(promptMax, asked);
    completionMax = Math.max(completionMax, answer);
  }
  const n = Math.max(1, train.length);
  return { promptMean: prompt / n, promptMax, completionMean: completion / n, completionMax };
}
