import { z } from 'zod';
import type { CriteriaName, PairwiseJudge } from '../../../configs/judges.ts';
import { formOf } from '../reply.ts';
import { questionOf, referenceOf } from '../texts.ts';
import type { Judged, JudgedRow, Method } from './method.ts';

/** The criteria of Vertex AI's AutoSxS for its two tasks, in our words. */
const CRITERIA: Record<CriteriaName, readonly string[]> = {
  summarization: [
    'Follows instructions: it does what the question asks for.',
    'Grounded: it says only what the given text says.',
    'Comprehensive: it has the key points of the text.',
    'Brief: it is a summary, neither wordy nor too terse.',
  ],
  questionAnswering: [
    'Fully answers: it answers all of the question.',
    'Grounded: it says only what the given context supports, or else what is true.',
    'Relevance: all of it is to the question.',
    'Comprehensive: it gives the details that the question needs.',
  ],
};

const VERDICTS = ['A', 'SAME', 'B'] as const;
type Verdict = (typeof VERDICTS)[number];
const FORM = formOf(z.strictObject({ explanation: z.string().min(1), verdict: z.enum(VERDICTS) }));
/** How much of a verdict goes to the answer that was shown as A. */
const TO_A: Record<Verdict, number> = { A: 1, SAME: 0.5, B: 0 };

/**
 * Both answers side by side, as Vertex AI's AutoSxS does it, but always in both orders: when both name the same one it
 * has won, otherwise each gets ½. A judge that favours a place thus favours neither model.
 */
export const pairwise: Method<PairwiseJudge> = {
  words: ({ criteria }) => ({ task: taskOf(criteria) }),
  judge: ({ criteria }, { row, candidate, champion }, ask) => {
    const known = withoutAsking(candidate, champion);
    if (known !== undefined || candidate === null || champion === null) return verdictOf(known ?? 0.5);
    const task = taskOf(criteria);
    const inOrder = (a: string, b: string) =>
      ask({
        task,
        shown: [questionOf(row), ...referenceOf(row), { title: 'Answer A', text: a }, { title: 'Answer B', text: b }],
        form: FORM,
      });
    const [first, second] = [inOrder(candidate, champion), inOrder(champion, candidate)];
    if (!first || !second) return undefined;
    if ('why' in first) return unmeasured(first.why);
    if ('why' in second) return unmeasured(second.why);
    const [toFirst, toSecond] = [TO_A[first.value.verdict], TO_A[second.value.verdict]];
    const [inFirst, inSecond] = [toFirst, 1 - toSecond];
    const value = inFirst === inSecond ? inFirst : 0.5;
    return {
      ...verdictOf(value),
      pair: { slotA: (toFirst + toSecond) / 2, isFlipped: inFirst !== inSecond },
    };
  },
};

/** An answer beats none, and equal ones are equal: nobody has to be asked. */
function withoutAsking(candidate: JudgedRow['candidate'], champion: JudgedRow['champion']): number | undefined {
  if (candidate === champion) return 0.5;
  if (candidate === null) return 0;
  return champion === null ? 1 : undefined;
}

const verdictOf = (value: number): Judged => ({ candidate: { value }, champion: { value: 1 - value } });
const unmeasured = (why: string): Judged => ({ candidate: { why }, champion: { why } });

function taskOf(criteria: PairwiseJudge['criteria']): string {
  const list = typeof criteria === 'string' ? CRITERIA[criteria] : criteria;
  return [
    'Two answers to one question stand below. Which is better by these criteria?',
    ...list.map((criterion) => `- ${criterion}`),
    'First explain, criterion by criterion, what speaks for and against each; then the verdict: "A" or "B" for the better one, "SAME" when neither is.',
  ].join('\n');
}
