import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import type { Row } from '../../row.ts';
import { apportion } from '../allocate.ts';
import { seedOf } from '../random.ts';
import { portions, sample, seedsOf } from '../seeds.ts';
import type { Strategy } from '../strategy.ts';
import { creatingAsk, readCreated } from './creating.ts';

/**
 * New rows like some real ones, a class as often as among the real ones. The idea of growing a few seeds is
 * that of Wang et al. 2023, "Self-Instruct".
 */
export const selfInstruct: Strategy<TaskSettings<'self-instruct'>> = {
  name: 'self-instruct',
  plan(settings, given) {
    const byLabel = Map.groupBy(seedsOf(given, settings.strategy, settings.labels), ({ label }) => label);
    const labels = [...byLabel.keys()].toSorted((a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0));
    const counts = apportion(
      settings.count,
      labels.map((label) => (byLabel.get(label) as Row[]).length),
    );
    return labels
      .flatMap((label, i) => portions(counts[i] as number, settings.perAsk).map((rows) => ({ label, rows })))
      .map(({ label, rows }, index) =>
        creatingAsk(settings, given, {
          index,
          rows,
          label,
          examples: sample(
            byLabel.get(label) as Row[],
            settings.shots,
            seedOf(given.seed, given.task ?? 0, 'shots', index),
          ),
          task: `Write ${rows} new row(s) that could stand in the same data set as the examples: the same kind of request, language and form of answer, but other situations, other details and other words. Each row has to differ from the examples and from the other new rows.`,
        }),
      );
  },
  read: (ask, answer, _settings, given) => readCreated(ask, answer, given),
};
