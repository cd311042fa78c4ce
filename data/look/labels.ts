import { answerOf } from '../row.ts';
import type { Content } from '../row.ts';
import { cut } from './cut.ts';
import { createTally, rank } from './tally.ts';

const MOST_CHARACTERS = 64;
const MOST_ANSWERS = 200;
const MOST_LABELS = 10_000;
const LISTED = 50;

/** How rows spread over classes; the shares of `top` and `others` add up to 1 when any row has a class. */
export interface LabelStatistics {
  /** Where classes come from: a label of the row, its answer, either, or there are none. */
  by: 'label' | 'answer' | 'both' | 'none';
  labelled: number;
  unlabelled: number;
  /** Different classes; of more than 10,000 only those are told apart. */
  different: number;
  top: { label: string; rows: number; share: number }[];
  /** Classes below the first 50. */
  others: { labels: number; rows: number; share: number };
}

/** The class of a row by itself: its label, else an answer of at most 64 characters. */
export function labelOf(row: Content): string | undefined {
  const label = row.label === undefined ? '' : cutLabel(row.label);
  if (label !== '') return label;
  const answer = answerOf(row).trim();
  return answer.length > 0 && answer.length <= MOST_CHARACTERS ? answer : undefined;
}

/** A label as it is counted and compared: trimmed, at most 200 characters. */
export const cutLabel = (label: string): string => cut(label.trim(), 200);

/** Counts classes. Answers are classes while they are at most 200 different ones and most are short. */
export function createLabels(): {
  add(row: Content): void;
  result(): LabelStatistics;
  /** Rows a class, of every class held. */
  counts(): Map<string, number>;
} {
  const labels = createTally(MOST_LABELS);
  const answers = createTally(MOST_ANSWERS);
  let rows = 0;
  let long = 0;
  const areClasses = () => answers.total() > 0 && answers.beyond() === 0 && answers.total() >= long;
  const counts = () => {
    const all = new Map(labels.counts);
    if (areClasses()) for (const [name, n] of answers.counts) all.set(name, (all.get(name) ?? 0) + n);
    return all;
  };
  return {
    add(row) {
      rows += 1;
      if (row.label?.trim()) return labels.add(labelOf(row)!);
      if (answers.beyond() > 0) return;
      const answer = labelOf(row);
      if (answer !== undefined) answers.add(answer);
      else if (answerOf(row) !== '') long += 1;
    },
    result() {
      const all = counts();
      const labelled = labels.total() + (areClasses() ? answers.total() : 0);
      const ranked = rank(all, labelled);
      const top = ranked.slice(0, LISTED).map(({ name, rows, share }) => ({ label: name, rows, share }));
      const rest = labelled - top.reduce((sum, { rows }) => sum + rows, 0);
      const byLabel = labels.total() > 0;
      return {
        by: areClasses() ? (byLabel ? 'both' : 'answer') : byLabel ? 'label' : 'none',
        labelled,
        unlabelled: rows - labelled,
        different: all.size,
        top,
        others: { labels: all.size - top.length, rows: rest, share: labelled === 0 ? 0 : rest / labelled },
      };
    },
    counts,
  };
}
