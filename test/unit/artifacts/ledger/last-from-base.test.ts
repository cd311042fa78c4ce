import { expect, test } from 'vitest';
import { advance, lastFromBase, type Advance } from '../../../../artifacts/ledger/watermark.ts';
import { newLedger } from '../../support/ledger.ts';

test('a training from the base model that was not promoted is remembered until a period is accepted', async () => {
  const ledger = await newLedger();
  let generation = 0;
  const end = async (outcome: Advance['outcome'], depth: number): Promise<void> => {
    const verdict = outcome === 'accepted' ? 'promote' : 'reject';
    const isAccepted = outcome === 'accepted';
    const ended: Advance = {
      line: 'l',
      expect: generation,
      runId: `r${generation + 1}`,
      period: `p${generation + 1}`,
      verdict,
      outcome,
      counts: { new: 0, edited: 0, late: 0, kept: 0, withdrawn: 0 },
      until: null,
      rows: [],
      train: 'sha256:t',
      suite: 'sha256:s',
      model: isAccepted ? `sha256:m${generation}` : null,
      depth,
    };
    await ledger.transaction().execute((tx) => advance(tx, ended));
    generation += 1;
  };
  const last = () => lastFromBase(ledger, 'l');
  expect(await last()).toBeUndefined();
  await end('accepted', 0);
  // It was promoted: the warm starts count from there.
  expect(await last()).toBeUndefined();
  await end('consumed', 1);
  await end('consumed', 0);
  expect(await last()).toEqual({ period: 'p3', verdictsAgo: 0 });
  await end('kept', 2);
  await end('kept', 2);
  expect(await last()).toEqual({ period: 'p3', verdictsAgo: 2 });
  await end('accepted', 2);
  expect(await last()).toBeUndefined();
});
