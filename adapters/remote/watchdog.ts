import { Watchdog } from '../../configs/watchdog.ts';
import { msOf } from '../../configs/duration.ts';
import type { RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';

/** What is to be done about a job that gets no further. */
export interface Stuck {
  /** In a sentence, e.g. `has been pending for 13 h, longer than tune.watchdog.pending 12h`. */
  why: string;
  policy: Watchdog['then'];
  elsewhere: Watchdog['elsewhere'];
}

/** Whether a job has got no further for too long; undefined: it has not. */
export function stuck(
  row: Pick<RemoteJobRecord, 'state' | 'state_at' | 'progress_at' | 'created_at' | 'intent_at'>,
  settings: Watchdog | undefined,
  atMs: number,
): Stuck | undefined {
  const { pending, running, deadline, then: policy, elsewhere } = settings ?? Watchdog.parse({});
  const why = tooLong(row, { pending, running, deadline }, atMs);
  return why === undefined ? undefined : { why, policy, elsewhere };
}

function tooLong(
  row: Parameters<typeof stuck>[0],
  limits: Pick<Watchdog, 'pending' | 'running' | 'deadline'>,
  atMs: number,
): string | undefined {
  const since = (at: string): number => atMs - Date.parse(at);
  const said = (what: string, ms: number, field: keyof typeof limits): string =>
    `${what} for ${words(ms)}, longer than tune.watchdog.${field} ${limits[field]}`;
  if (row.state === 'pending' && since(row.state_at) > msOf(limits.pending))
    return said('has been pending', since(row.state_at), 'pending');
  if (row.state === 'running' && since(row.progress_at) > msOf(limits.running))
    return said('has shown no progress', since(row.progress_at), 'running');
  const all = since(row.created_at ?? row.intent_at);
  return all > msOf(limits.deadline) ? said('has been under way', all, 'deadline') : undefined;
}

/** `90 s`, `13 h`, `2.5 d`. */
export function words(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 8640) / 10} d`;
}
