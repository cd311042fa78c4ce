import { digestOf } from '../../artifacts/canonical.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { terminal } from '../../configs/failure.ts';
import { answerOf, promptOf, textOf, type Row, type TestRow } from '../../data/row.ts';
import { openData, type Reading, type Shelf } from '../datasets/open.ts';
import { readScoringRows, type ScoringRow } from '../scoring/rows.ts';

/** A row that both sides answer. */
export interface Question {
  id: string;
  references: readonly string[];
  /** As it came, for metrics and slices that look at columns. */
  row: Readonly<Record<string, unknown>>;
  /** For people; absent where only answers are known. */
  prompt?: string;
  /** What a model is asked; absent where only answers are known. */
  test?: TestRow;
}

/** What a comparison is made on. */
export interface Questions {
  /** Of ids and references: the same set has the same digest, wherever it lies. */
  digest: string;
  list: readonly Question[];
}

/** Rows of a file or a dataset as questions. @throws TerminalError `NoSuchData`, `EmptyTestSet` */
export async function questionsOf(what: string, shelf: Shelf | undefined, reading: Reading): Promise<Questions> {
  const opened = await openData(what, shelf, reading);
  const list: Question[] = [];
  for await (const batch of opened.rows()) for (const row of batch) list.push(questionOf(row));
  const [bad] = opened.bad.first;
  if (bad) throw terminal('BadTestRow', `${what}:${bad.line}: ${bad.reason}: mend the row, or leave it out`);
  if (list.length === 0) throw terminal('EmptyTestSet', `${what} has no rows`);
  return { digest: digestOfQuestions(list), list };
}

function questionOf(row: Row): Question {
  const isTest = (row as Partial<TestRow>).reference !== undefined;
  const reference = isTest ? (row as TestRow).reference : answerOf(row);
  const messages = isTest ? row.messages : promptOf(row);
  return {
    id: row.id,
    references: reference === '' ? [] : [reference],
    row: { ...row.columns, ...row },
    prompt: messages.map((message) => textOf(message)).join('\n'),
    test: { ...row, side: 'test', messages, reference },
  };
}

/** Rows of predictions as questions. */
export async function questionsIn(file: string): Promise<{ questions: Questions; rows: ScoringRow[] }> {
  const rows: ScoringRow[] = [];
  for await (const row of readScoringRows(file)) rows.push(row);
  const list = rows.map(({ id, references, row = {} }): Question => {
    const { prompt } = row;
    return { id, references, row, ...(typeof prompt === 'string' ? { prompt } : {}) };
  });
  return { questions: { digest: digestOfQuestions(list), list }, rows };
}

const digestOfQuestions = (list: readonly Question[]): string =>
  digestOf(list.map(({ id, references }) => `${canonicalJson([id, references])}\n`).join(''));
