import type { FilterSettings } from '../../../configs/synthesis-filters.ts';
import { answerOf, promptOf, textOf } from '../../row.ts';
import type { FollowUp, Verdict } from '../filter.ts';
import { messagesOf } from '../prompt.ts';
import { seedOf } from '../random.ts';
import { sample } from '../seeds.ts';
import { answersWithLabel, isSeed, objectOf } from '../shape.ts';
import type { Given } from '../strategy.ts';

const EXAMPLES = 8;

/**
 * Rows whose answer the model does not give again when it is asked afresh and several times. That answers which
 * agree are more often right is the idea of Wang et al. 2023, "Self-Consistency".
 */
export const agreement: FollowUp<FilterSettings<'agreement'>> = {
  name: 'agreement',
  plan({ generator, samples }, candidates, { given }) {
    const schema = objectOf({ answer: answerSchema(given) });
    const seeds = given.rows.filter(isSeed);
    return candidates.flatMap(({ row, ask }) => {
      // By the row, not by its place in the list: after a restart the same question is found answered.
      const seed = seedOf(given.seed, 'agreement', row.id);
      const examples = sample(seeds, EXAMPLES, seed);
      const asked = promptOf(row)
        .map((message) => `${message.role}: ${textOf(message)}`)
        .join('\n\n');
      const messages = messagesOf({
        task: 'Give the right answer to the last request, in the form of the answers in the examples.',
        data: [
          ...examples.map((example, i) => ({
            title: `Example ${i + 1}`,
            text: JSON.stringify({ request: promptOf(example).map(textOf).join('\n\n'), answer: answerOf(example) }),
          })),
          { title: 'The request', text: asked },
        ],
        schema,
        seed,
      });
      return Array.from({ length: samples }, (_, index) => ({
        generator,
        task: ask.task,
        index,
        messages,
        schema,
        seed: seedOf(seed, index),
        parents: [row.id],
      }));
    });
  },
  apply: ({ samples, minShare, similarity }, candidates, answers) =>
    candidates.map(({ row }, i): Verdict => {
      const given = answers.slice(i * samples, (i + 1) * samples) as ({ answer: string } | undefined)[];
      if (given.every((answer) => answer === undefined)) return { out: 'no sample could be read' };
      const right = answerOf(row);
      const agreeing = given.filter((answer) => answer && wordF1(answer.answer, right) >= similarity).length;
      // Samples that could not be read count as not agreeing. The small part makes up for 2/3 written as 0.67.
      return agreeing / samples + 0.005 >= minShare
        ? undefined
        : { out: 'samples do not agree', detail: `${agreeing} of ${samples}` };
    }),
};

function answerSchema(given: Given): Record<string, unknown> {
  const labels = [...given.labels.keys()].toSorted();
  return answersWithLabel(given) && labels.length <= 100 ? { enum: labels } : { type: 'string', minLength: 1 };
}

/** F1 of the words that two texts share, 0 to 1, case and punctuation aside (as in SQuAD, Rajpurkar et al. 2016). */
export function wordF1(a: string, b: string): number {
  const left = wordsOf(a);
  const right = wordsOf(b);
  if (left.length === 0 || right.length === 0) return a.trim() === b.trim() ? 1 : 0;
  const counts = new Map<string, number>();
  for (const word of left) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of right) {
    const count = counts.get(word) ?? 0;
    if (count > 0) shared++;
    counts.set(word, count - 1);
  }
  return (2 * shared) / (left.length + right.length);
}

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];
