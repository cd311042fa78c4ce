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

/**
 * Waiting for one's turn, or for a budget: each ask is one attempt, so that waiting takes neither room in the history
 * nor a place in the worker. It may take weeks: attempts are not bounded.
 */
export const WAIT: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s' },
};

/**
 * Looking after a job elsewhere: each look is one attempt, and a vendor that is away is asked again for as long as it
 * takes, so attempts are not bounded. What fails for good says so itself.
 */
export const ELSEWHERE: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '60s' },
};

/** Type of the error of a step that asks no more, since it might cost more than is left: with more it goes on. */
export const BUDGET_REACHED = 'BudgetReached';

/** Type of the error of a step whose run lost its lease meanwhile. */
export const LEASE_LOST = 'LeaseLost';

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

/**
 * A look at a source that tries again until something has changed, for years if need be: unchanged is a failure that
 * names the next time itself. The waits here are for sources that cannot be reached, 1 s to 5 min.
 */
export const WATCH: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '15m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
};

/**
 * Copies of an ended run for other services. A deployment takes half an hour; what fails is noted and left to
 * `anneal sync`, so a few tries after a worker's death are enough.
 */
export const MIRROR: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '1h',
  scheduleToCloseTimeout: '2h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 5 },
};

/**
 * Notices: a server that is away is tried for six hours, at 1 s, 3 s, 9 s … and then every quarter of an hour; later
 * it is no news any more.
 */
export const NOTICE: ActivityOptions = {
  taskQueue: QUEUES.control,
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '6h',
  retry: { initialInterval: '1s', backoffCoefficient: 3, maximumInterval: '15m' },
};
