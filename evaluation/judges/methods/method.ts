import type { TestRow } from '../../../data/row.ts';
import type { Question } from '../question.ts';

/** A row with both answers; null: the model gave none. */
export interface JudgedRow {
  row: TestRow;
  candidate: string | null;
  champion: string | null;
}

/** What a judge said, or why it said nothing that can be used. */
export type Said<T> = { value: T } | { why: string };

/** Puts a question; undefined: there is no reply yet, and it is noted that one is needed. */
export type AskJudge = <T>(question: Question<T>) => Said<T> | undefined;

/** Of one pair that was judged in both orders. */
export interface PairLook {
  /** Share of the two verdicts that went to the answer shown first: 0 to 1. */
  slotA: number;
  /** The verdict changed with the order. */
  isFlipped: boolean;
}

/** Both answers of a row, judged once, from 0 to 1. */
export interface Judged {
  candidate: Said<number>;
  champion: Said<number>;
  pair?: PairLook;
}

/** One way of judging; each kind of judge is a file of this shape. */
export interface Method<Settings> {
  /** Everything in words that decides what the judge says: part of its digest. */
  words(settings: Settings): unknown;
  /** Undefined: replies are missing; whatever can be asked already has been. */
  judge(settings: Settings, row: JudgedRow, ask: AskJudge): Judged | undefined;
}

/** Judges each answer by itself: both are asked for before either is waited for. An answer that is missing gets 0. */
export function eachSide(
  { candidate, champion }: JudgedRow,
  score: (text: string) => Said<number> | undefined,
): Judged | undefined {
  const of = (text: string | null): Said<number> | undefined => (text === null ? { value: 0 } : score(text));
  const [ours, theirs] = [of(candidate), of(champion)];
  return ours && theirs ? { candidate: ours, champion: theirs } : undefined;
}
