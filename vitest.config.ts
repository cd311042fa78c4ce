import { defineConfig } from 'vitest/config';

/**
 * The kinds of test, quickest first: `npx vitest run --project unit`.
 * Each file has a process of its own (forks): tests start, signal and kill processes, and set variables.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // A build machine has two cores; the trainer and the Temporal server want some of them too.
    maxWorkers: 2,
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
          testTimeout: 300_000,
        },
      },
      // Real requests to a cloud, for whoever has an account; skipped without ANNEAL_LIVE=1.
      { extends: true, test: { name: 'live', include: ['test/live/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
});
