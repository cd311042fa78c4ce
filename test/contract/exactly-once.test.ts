import { expect, test } from 'vitest';
import { orderAll } from '../../bench/exactly-once/exactly-once.ts';
import { noGcs } from '../support/google/gcs.ts';

test.skipIf(noGcs !== undefined)(
  'fifty runs behind faults, with workers killed at random: one create a label, no orphan, no cent uncounted',
  async () => {
    const { trainings, jobs, mostCreates, orphans, ledgerUsd, runsUsd, spentUsd, miscounted, kills } =
      await orderAll(50);
    expect({ jobs, mostCreates, orphans, ledgerUsd, runsUsd, miscounted }).toEqual({
      jobs: trainings,
      mostCreates: 1,
      orphans: 0,
      ledgerUsd: spentUsd,
      runsUsd: spentUsd,
      miscounted: 0,
    });
    expect(kills).toBeGreaterThan(3);
  },
  180_000,
);
