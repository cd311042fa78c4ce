import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import { answerOf, canonicalText, promptOf, textOf, type Content } from '../../row.ts';
import { messagesOf } from '../prompt.ts';
import { seedOf } from '../random.ts';
import { rowById } from '../seeds.ts';
import { answersWithLabel, itemsIn, objectOf, rowsOf, unfit } from '../shape.ts';
import type { Strategy } from '../strategy.ts';
import { allOrReason, parentsOf } from './rewriting.ts';

const MISTAKES = [
  'gets one fact wrong',
  'answers a question close to the one that was asked',
  'leaves out a part that matters',
  'claims more than can be known',
  'would be right in most cases, but not in this one',
];

/** Preference pairs: the real answer beside a plausible wrong one. */
export const contrastive: Strategy<TaskSettings<'contrastive'>> = {
  name: 'contrastive',
  plan: (settings, given) =>
    parentsOf(settings, given).map(({ row, index, rows, round }) => {
      const task = given.task ?? 0;
      const seed = seedOf(given.seed, task, index);
      const others = [...given.labels.keys()].filter((label) => label !== row.label).toSorted();
      const isClass = answersWithLabel(given) && others.length > 0 && others.length <= 100;
      const mistake = MISTAKES[(index + round) % MISTAKES.length] as string;
      const schema = rowsOf(objectOf({ answer: isClass ? { enum: others } : { type: 'string', minLength: 1 } }), rows);
      const asked = promptOf(row)
        .map((message) => `${message.role}: ${textOf(message)}`)
        .join('\n\n');
      return {
        generator: settings.generator,
        task,
        index,
        messages: messagesOf({
          task: isClass
            ? `Give ${rows} wrong class(es) for the request: the ones that a careless reader would most likely take.`
            : `Write ${rows} wrong answer(s) to the request. Each ${mistake}, yet reads as well as the right answer and has its form, tone and about its length. Do not hint that it is wrong.`,
          guidance: settings.guidance,
          data: [
            { title: 'The request', text: asked },
            { title: 'The right answer', text: answerOf(row) },
          ],
          schema,
          seed,
        }),
        schema,
        seed,
        parents: [row.id],
        ...(row.label === undefined ? {} : { label: row.label }),
        rows,
        ...(isClass ? {} : { variant: mistake }),
      };
    }),
  read(ask, answer, _settings, given) {
    const row = rowById(given, ask.parents[0]);
    if (!row) return 'the row that it was made from is not among the training rows';
    const right = answerOf(row);
    return allOrReason(
      itemsIn(answer).map(({ answer: text }): Content | string => {
        const wrong = String(text).trim();
        if (wrong === '') return 'the wrong answer is blank';
        if (fold(wrong) === fold(right)) return 'the wrong answer is the right one';
        return (
          unfit([wrong]) ?? {
            messages: promptOf(row),
            ...(row.tools ? { tools: row.tools } : {}),
            chosen: [{ role: 'assistant', content: right }],
            rejected: [{ role: 'assistant', content: wrong }],
            ...(row.label === undefined ? {} : { label: row.label }),
          }
        );
      }),
    );
  },
};

const fold = (text: string): string => canonicalText(text).toLowerCase();
