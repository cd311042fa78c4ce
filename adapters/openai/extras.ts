import type { z } from 'zod';
import { TerminalError } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';
import { RemoteFailure } from '../remote/failure.ts';
import type { Caller } from './client.ts';
import { pointAt, pointOf, progressOf } from './events.ts';
import { malformed } from './failures.ts';
import { pagesOf } from './pages.ts';
import { Checkpoint, JobEvent } from './replies.ts';
import type { Server } from './server.ts';

export interface At {
  server: Server;
  call: Caller;
}

/** Pages of events that are read of a job that has ended. */
const MAX_PAGES = 50;
/** Pages that are read of one that goes on, where the oldest come first. */
const MAX_PAGES_NOW = 5;

/** What a server tells beside the job itself, as far as it does; only what is needed has to be there. */
async function listOf<T>(
  { server, call }: At,
  asked: {
    job: string;
    list: 'events' | 'checkpoints';
    schema: z.ZodType<T>;
    isNeeded: boolean;
    pages: (page: T[], number: number) => boolean;
  },
  signal: AbortSignal,
): Promise<T[]> {
  const { job, list, schema, isNeeded, pages } = asked;
  const doing = { what: 'job', job } as const;
  const found: T[] = [];
  const path = `/fine_tuning/jobs/${encodeURIComponent(job)}/${list}`;
  try {
    let number = 0;
    const all = pagesOf(
      (query) => call(doing, signal, (client, options) => client.get(path, { ...options, query })),
      {},
      (what) => malformed(server, doing, what),
    );
    for await (const page of all) {
      const items = page.flatMap((item) => schema.safeParse(item).data ?? []);
      found.push(...items);
      if (!pages(items, (number += 1))) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    // Most servers lack one list or the other; the job itself was answered before.
    const isMissing =
      (error instanceof TerminalError && ['NoRoutes', 'RequestRefused'].includes(error.type)) ||
      (error instanceof RemoteFailure && error.kind === 'gone');
    if (isNeeded && !isMissing) throw error;
  }
  return found;
}

/** Everything that happened in a job. */
export const eventsOf = (at: At, job: string, signal: AbortSignal): Promise<JobEvent[]> =>
  listOf(
    at,
    { job, list: 'events', schema: JobEvent, isNeeded: false, pages: (_, number) => number < MAX_PAGES },
    signal,
  );

/** States of the model that were kept, oldest first. */
export async function checkpointsOf(
  at: At,
  job: string,
  signal: AbortSignal,
  { isNeeded }: { isNeeded: boolean },
): Promise<Checkpoint[]> {
  const pages = (_: unknown, number: number): boolean => number < MAX_PAGES;
  const found = await listOf(at, { job, list: 'checkpoints', schema: Checkpoint, isNeeded, pages }, signal);
  return found.toSorted((a, b) => (a.step_number ?? 0) - (b.step_number ?? 0));
}

/** How far a running job is, where the server says so. */
export async function progressNow(at: At, job: string, signal: AbortSignal): Promise<JobProgress | undefined> {
  // The newest come first at OpenAI; where they do not, the end of the list is what counts.
  const isOldestFirst = (page: JobEvent[]): boolean => (page[0]?.created_at ?? '') < (page.at(-1)?.created_at ?? '');
  const pages = (page: JobEvent[], number: number): boolean => isOldestFirst(page) && number < MAX_PAGES_NOW;
  const events = await listOf(at, { job, list: 'events', schema: JobEvent, isNeeded: false, pages }, signal);
  const told = progressOf(events.flatMap((event) => pointOf(event) ?? []));
  if (told) return told;
  const kept = await listOf(
    at,
    { job, list: 'checkpoints', schema: Checkpoint, isNeeded: false, pages: () => false },
    signal,
  );
  return progressOf(kept.flatMap((checkpoint) => pointAt(checkpoint) ?? []));
}
