import { z } from 'zod';
import { digestOf } from '../../artifacts/canonical.ts';

/** A part of a test set, as shares of its rows in an order of their own. */
export const Part = z.strictObject({
  from: z.number().min(0).max(1),
  to: z.number().min(0).max(1),
  /** For a set that grows: a row's part hangs on its hash alone, so none changes it when others come. */
  grows: z.literal(true).optional(),
});
export type Part = z.infer<typeof Part>;

/**
 * The ids of a part. The order is that of the ids' hashes: it depends on nothing but the rows, so parts of one test
 * set never overlap, and a row stays in its part whatever the file's order.
 */
export function partOf(ids: readonly string[], { from, to, grows }: Part): ReadonlySet<string> {
  if (grows) {
    const place = (id: string): number => Number.parseInt(digestOf(`part ${id}`).slice(7, 20), 16) / 2 ** 52;
    return new Set(ids.filter((id) => place(id) >= from && (place(id) < to || to === 1)));
  }
  const ranked = ids.map((id) => [digestOf(`part ${id}`), id] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const at = (share: number): number => Math.round(share * ids.length);
  return new Set(ranked.slice(at(from), at(to)).map(([, id]) => id));
}
