import { expect, test } from 'vitest';
import { continuous, type Found } from '../../bench/continuous/continuous.ts';

/** What the bench found, and its table. */
async function quickly(part: string): Promise<{ ok: boolean; found: Found; table: string }> {
  const outcome = await continuous([part, '--quick']);
  if (!outcome) throw new Error('the bench does not know its options');
  return { ok: outcome.ok, found: outcome.aims.at(-1) as Found, table: outcome.table };
}

test('weeks of simulated models go through the real workflow, and shuffled labels become no champion', async () => {
  const { ok, found, table } = await quickly('years');
  expect(ok).toBe(true);
  const [cell] = found.cells ?? [];
  expect(cell).toMatchObject({ world: 'sudden harm', variant: 'usual', weeks: 12 });
  expect(Object.values(cell?.outcomes ?? {}).reduce((sum, count) => sum + count, 0)).toBe(12);
  expect(cell?.truth.harm).toMatchObject([{ onset: 10, promoted: 0 }]);
  // What is true is known, not measured: the last champion answers more than the first.
  expect(cell?.truth.last).toBeGreaterThan(cell?.truth.first ?? 1);
  expect(cell?.costs.mostEvents).toBeLessThan(200);
  expect(table).toContain('| sudden harm | usual | 12 |');
}, 120_000);

test('queries of a line stay quick, and scheduled runs skip with their reason', async () => {
  const { found: rows } = await quickly('ledger');
  expect(rows.ledger?.queries.map(({ found }) => found)).not.toContain(0);
  const { found } = await quickly('schedules');
  expect(found.schedules?.spread).toMatchObject({ due: 10, started: 10, unexpected: [] });
}, 120_000);
