import { terminal } from '../../../configs/failure.ts';
import type { TaskSettings } from '../../../configs/synthesis-tasks.ts';
import { fillGaps as allocate } from '../allocate.ts';
import { seedOf } from '../random.ts';
import { portions, sample, seedsOf } from '../seeds.ts';
import type { Strategy } from '../strategy.ts';
import { creatingAsk, readCreated } from './creating.ts';

/**
 * Rows of the classes that are thin or that the last evaluation got wrong. What failed is known by class and
 * count alone, so nothing of a test row can reach a prompt.
 */
export const fillGaps: Strategy<TaskSettings<'fill-gaps'>> = {
  name: 'fill-gaps',
  plan(settings, given) {
    const seeds = seedsOf(given, settings.strategy, undefined);
    const counts = allocate(settings.count, given.labels, given.failures, settings.failureShare);
    if (counts.size === 0)
      throw terminal(
        'NothingToSynthesize',
        `synthesize.tasks.${given.task ?? 0} (fill-gaps) aims at classes, and the training rows have none: set data.label, or take the strategy self-instruct`,
        { task: given.task ?? 0 },
      );
    const byLabel = Map.groupBy(seeds, ({ label }) => label);
    return [...counts]
      .flatMap(([label, count]) => portions(count, settings.perAsk).map((rows) => ({ label, rows })))
      .map(({ label, rows }, index) => {
        const own = byLabel.get(label) ?? [];
        const seed = seedOf(given.seed, given.task ?? 0, 'shots', index);
        const examples = sample(own, settings.shots, seed);
        // A class that hardly has rows shows its form by those of others.
        const others =
          examples.length >= Math.min(2, settings.shots)
            ? []
            : sample(
                seeds.filter((row) => row.label !== label),
                settings.shots - examples.length,
                seed,
              );
        return creatingAsk(settings, given, {
          index,
          rows,
          label,
          examples: [...examples, ...others],
          task: `Write ${rows} new row(s) of the class named below. The class is rare in the data or hard for the model: cover as many different cases of it as you can, typical and borderline ones, in other words than the examples.`,
        });
      });
  },
  read: (ask, answer, _settings, given) => readCreated(ask, answer, given),
};
