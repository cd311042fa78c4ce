import { z } from 'zod';
import type { PointwiseJudge } from '../../../configs/judges.ts';
import { formOf } from '../reply.ts';
import { questionOf, referenceOf } from '../texts.ts';
import { eachSide, type Method } from './method.ts';

/** A score on a scale by a rubric, brought to 0 to 1: (score − low) / (high − low). */
export const pointwise: Method<PointwiseJudge> = {
  words: ({ rubric, scale }) => ({ task: taskOf({ rubric, scale }), scale }),
  judge: (settings, judged, ask) => {
    const { scale } = settings;
    const [low, high] = scale;
    const form = formFor(low, high);
    const task = taskOf(settings);
    return eachSide(judged, (text) => {
      const { row } = judged;
      const shown = [questionOf(row), ...referenceOf(row), { title: 'The answer to be judged', text }];
      const said = ask({ task, shown, form });
      return said && 'value' in said ? { value: (said.value.score - low) / (high - low) } : said;
    });
  },
};

const forms = new Map<string, ReturnType<typeof scoreForm>>();
/** The reason stands first, so that it is written before the score and not to fit it. */
const scoreForm = (low: number, high: number) =>
  formOf(z.strictObject({ reason: z.string().min(1), score: z.int().min(low).max(high) }));

function formFor(low: number, high: number): ReturnType<typeof scoreForm> {
  const key = `${low} ${high}`;
  const form = forms.get(key) ?? scoreForm(low, high);
  forms.set(key, form);
  return form;
}

const taskOf = ({ rubric, scale: [low, high] }: Pick<PointwiseJudge, 'rubric' | 'scale'>): string =>
  [
    `Give the answer below a score by this rubric, a whole number from ${low} (worst) to ${high} (best):`,
    rubric,
    'First write your reason in a few sentences that name what you saw in the answer, then the score.',
  ].join('\n');
