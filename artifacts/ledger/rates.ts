import type { Ledger } from './open.ts';

/** Limits count calls within so many ms. */
const RATE_WINDOW_MS = 60_000;

/**
 * Takes one of the calls that a scope may make in a minute, over all workers on this ledger.
 *
 * @returns 0 when it was taken, else ms after which one is free.
 */
export async function takeCall(
  ledger: Ledger,
  call: { scope: string; kind: 'submit' | 'call'; perMinute: number; atMs: number },
): Promise<number> {
  const { scope, kind, perMinute, atMs } = call;
  return ledger.transaction().execute(async (tx) => {
    const since = atMs - RATE_WINDOW_MS;
    await tx
      .deleteFrom('rates')
      .where('scope', '=', scope)
      .where('kind', '=', kind)
      .where('at_ms', '<=', since)
      .execute();
    // With so many calls before it, the one that has to leave the window first.
    const oldest = await tx
      .selectFrom('rates')
      .select('at_ms')
      .where('scope', '=', scope)
      .where('kind', '=', kind)
      .orderBy('at_ms', 'desc')
      .offset(perMinute - 1)
      .limit(1)
      .executeTakeFirst();
    if (!oldest) {
      await tx.insertInto('rates').values({ scope, kind, at_ms: atMs }).execute();
      return 0;
    }
    return Math.max(1, oldest.at_ms + RATE_WINDOW_MS - atMs);
  });
}
