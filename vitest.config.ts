import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait, for minutes: begun last, they would hold up the end while a processor is idle. */
const FIRST = ['kill.test.ts', 'backfill-kill.test.ts', 'schedules.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      FIRST.some((name) => moduleId.endsWith(`/e2e/${name}`));
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of the sequencer, not of a list
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * The kinds of test, quickest first: `npx vitest run --project unit`.
 * Each file has a process of its own (forks): tests start, signal and kill processes, and set variables.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // A build machine has two cores; the trainer and the Temporal server want some of them too.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          // They wait for timers and servers more than they compute.
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          maxWorkers: 3,
          testTimeout: 300_000,
        },
      },
      // Promises about the clock: one command after another, when nothing else is under way.
      {
        extends: true,
        test: {
          name: 'clock',
          include: ['test/clock/**/*.test.ts'],
          sequence: { groupOrder: 3 },
          maxWorkers: 1,
          testTimeout: 60_000,
        },
      },
      // Real requests to a cloud, for whoever has an account; skipped without ANNEAL_LIVE=1.
      { extends: true, test: { name: 'live', include: ['test/live/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
});
