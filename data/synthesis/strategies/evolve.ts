import type { DIRECTIONS, TaskSettings } from '../../../configs/synthesis-tasks.ts';
import { answersWithLabel } from '../shape.ts';
import type { Strategy } from '../strategy.ts';
import { creatingAsk, readCreated } from './creating.ts';
import { parentsOf } from './rewriting.ts';

const TOWARD: Record<(typeof DIRECTIONS)[number], string> = {
  harder:
    'harder to answer: more conditions, an exception, a detail that has to be weighed, or an answer that takes one more step of thought',
  longer: 'longer: told with its circumstances, with details that matter and some that do not',
  rarer: 'rarer: a situation that hardly ever comes up, yet belongs to the same subject',
};

/**
 * Rows made harder, longer or rarer than a real one; the class stays. The idea of evolving instructions step by
 * step is that of Xu et al. 2023, "WizardLM".
 */
export const evolve: Strategy<TaskSettings<'evolve'>> = {
  name: 'evolve',
  plan: (settings, given) =>
    parentsOf(settings, given).map(({ row, index, rows, round }) => {
      // By round as well, so that a row that comes again is evolved in another direction.
      const direction = settings.toward[(index + round) % settings.toward.length] as (typeof DIRECTIONS)[number];
      const answer = answersWithLabel(given)
        ? 'The right answer has to stay the same.'
        : 'Give the right answer to each new request, in the form of the example.';
      return creatingAsk(settings, given, {
        index,
        rows,
        label: row.label,
        examples: [row],
        task: `Write ${rows} new row(s) out of the example, each ${TOWARD[direction]}. Each has to make sense by itself. ${answer}`,
        variant: direction,
      });
    }),
  read: (ask, answer, _settings, given) => readCreated(ask, answer, given),
};
