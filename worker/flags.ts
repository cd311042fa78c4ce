/**
 * Flags of Node for a worker. V8 by itself gives its young generation more than rows in batches ever need, and every
 * thread of a worker has one of its own.
 */
export const WORKER_FLAGS: readonly string[] = ['--max-semi-space-size=8'];

/**
 * Environment of a worker: with glibc, each of its many threads would keep memory of its own that it has used once.
 * A worker takes it out of its environment again, so that trainers do not inherit it.
 */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
