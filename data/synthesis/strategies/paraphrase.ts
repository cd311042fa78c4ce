import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import type { Strategy } from '../strategy.ts';
import { parentsOf, readRewriting, rewritingAsk } from './rewriting.ts';

/** Asks in other words; the answer stays as it is. */
export const paraphrase: Strategy<TaskSettings<'paraphrase'>> = {
  name: 'paraphrase',
  plan: (settings, given) =>
    parentsOf(settings, given).map(({ row, index, rows }) =>
      rewritingAsk(settings, given, {
        row,
        index,
        rows,
        task: `Put the text into other words, in ${rows} different way(s). Keep its meaning, its language and every fact, so that the same answer stays right. Change words, order and build of sentences; do not only swap single words.`,
      }),
    ),
  read: (ask, answer, _settings, given) => readRewriting(ask, answer, given),
};
