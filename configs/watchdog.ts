import { z } from 'zod';
import { Duration } from './duration.ts';

/** When a job elsewhere counts as stuck, and what is done then. */
export const Watchdog = z
  .strictObject({
    pending: Duration.default('12h').describe(
      'How long a job may wait at the vendor before it counts as stuck, default 12h. Too low: a busy vendor looks stuck.',
    ),
    running: Duration.default('6h').describe(
      'How long a running job may show no progress before it counts as stuck, default 6h. Vendors that report no steps show none until the end.',
    ),
    deadline: Duration.default('48h').describe(
      'How long a job may take in all before it counts as stuck, default 48h.',
    ),
    // oxlint-disable-next-line unicorn/no-thenable -- the recipe reads "then: cancel"; it is data and never awaited.
    then: z
      .enum(['warn', 'cancel', 'resubmit', 'ask'])
      .default('ask')
      .describe(
        'What is done with a stuck job. warn: a line in the log, it goes on. cancel: it is cancelled and the run fails. resubmit: it is cancelled and ordered once more, elsewhere where elsewhere is given. ask, the default: the run waits for `anneal jobs wait`, `cancel` or `resubmit`.',
      ),
    elsewhere: z
      .strictObject({
        location: z
          .string()
          .min(1)
          .describe('Another region, e.g. europe-west4. It needs the training data there too.'),
      })
      .optional()
      .describe('Where resubmit orders the job. Default: where it was.'),
  })
  .describe('Jobs at a vendor that get no further. Default: as its fields say.');
export type Watchdog = z.infer<typeof Watchdog>;
