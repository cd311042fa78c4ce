import { isCancelled } from './await.ts';

/** How long requests under way are given to end when the worker is shut down, in ms: they may be paid already. */
const SHUTDOWN_GRACE_MS = 5000;

/**
 * A signal that a cancelled run aborts at once, and a worker that is shut down only when requests have had time to end.
 *
 * @param isSent Whether there is a request under way; without one nothing is waited for. Default: there is.
 */
export function cutLater(
  signal: AbortSignal,
  isSent: () => boolean = () => true,
): { signal: AbortSignal; clear(): void } {
  const cut = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    const now = (): void => cut.abort(signal.reason);
    if (isSent() && !isCancelled(signal)) timer = setTimeout(now, SHUTDOWN_GRACE_MS);
    else now();
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    signal: cut.signal,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}
