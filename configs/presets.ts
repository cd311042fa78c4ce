import type { ActivityOptions } from '@temporalio/common';

/** Queues: `control` for everything short, `train` for what keeps the machine busy. */
export const QUEUES = { control: 'anneal-control', train: 'anneal-train' } as const;

/**
 * Errors of one step after which it counts as failed. With the waits below that is about six minutes: longer
 * than a restart of a disk, a database or a network. The step wrapper counts them, so that workers that die
 * (which Temporal counts as attempts too) never use them up.
 */
export const MAX_ERRORS = 10;

/** Waits between attempts: 0.5 s, 1 s, 2 s, … 60 s. The bound is a last resort for errors outside the wrapper. */
const retry: ActivityOptions['retry'] = {
  initialInterval: '500ms',
  backoffCoefficient: 2,
  maximumInterval: '60s',
  maximumAttempts: 1000,
};

/** A worker that has not been heard of for so long is taken for dead and its step is tried again. */
const HEARTBEAT_TIMEOUT = '10s';

/** Bookkeeping: a few rows in the ledger. */
export const BOOKKEEPING: ActivityOptions = { taskQueue: QUEUES.control, startToCloseTimeout: '30s', retry };

/** Steps that read, count and write. A day is enough for any data set; the heartbeat finds what hangs. */
export const STEP: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry,
};

/**
 * Work that takes the whole machine: training and generating. Waiting for a cancelled one to end, so that the
 * run says "cancelled" only when the trainer is gone.
 */
export const TRAIN: ActivityOptions = {
  taskQueue: QUEUES.train,
  startToCloseTimeout: '30d',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry,
};
