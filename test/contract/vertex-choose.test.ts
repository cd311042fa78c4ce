import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { TuneOrder, Tuner } from '../../adapters/contracts.ts';
import { findClaimed } from '../../artifacts/ledger/remote-jobs.ts';
import { openLedger } from '../../artifacts/ledger/open.ts';
import { askingPrice } from '../../adapters/vertex/choose.ts';
import { vertexKind } from '../../adapters/vertex/kind.ts';
import { identify } from '../../data/row.ts';
import { noGcs } from '../support/google/gcs.ts';
import { paidFor } from '../support/paid.ts';
import { sharedFolder } from './support/trainer.ts';
import { vertexHere } from './support/vertex-here.ts';
import { vertexOrder, vertexTuner } from './support/vertex-worker.ts';

const folder = sharedFolder();
const BEST = { choose: { checkpoint: 'best', dev: 0.4 } };
const vertex = vertexHere(folder, { runningMs: 10 });
beforeEach((context) => context.skip(noGcs !== undefined, noGcs));

const asked = (): number => vertex.server.calls.filter(({ name }) => name === 'endpoints.generateContent').length;

/** An order of 30 rows as preparation leaves them. */
async function orderOf(epochs: number, tune: Record<string, unknown>): Promise<TuneOrder> {
  const train = join(folder, 'prepared.jsonl');
  const lines = Array.from({ length: 30 }, (_, i) => {
    const messages = [
      { role: 'user' as const, content: `question ${i}` },
      { role: 'assistant' as const, content: `answer ${i}` },
    ];
    return `${JSON.stringify(identify({ messages }, 0, i + 1))}\n`;
  });
  writeFileSync(train, lines.join(''));
  return { ...(await vertexOrder(folder, { epochs }, tune)), train };
}

/** Orders a training and waits for its end. @param like Execution whose job it would be. */
async function trained(tuner: Tuner, key: string, order: TuneOrder, like = key): Promise<void> {
  await tuner.submit(key, order, key, paidFor(like));
  await expect.poll(async () => (await tuner.poll(key)).state, { timeout: 10_000 }).toBe('succeeded');
}

test('each checkpoint answers the rows held out, and is asked and paid once, whoever dies meanwhile', async () => {
  const [{ tuner }, { tuner: another }] = [await vertexTuner(folder), await vertexTuner(folder)];
  await trained(tuner, 'first', await orderOf(3, BEST));
  vertex.server.plan.add({ on: 'endpoints.generateContent', error: 'PERMISSION_DENIED', skip: 12, times: 20 });
  await expect(tuner.collect('first')).rejects.toMatchObject({ type: 'NoPermission' });
  vertex.server.plan.clear();
  const before = asked();
  const result = await another.collect('first');
  const { devRows = 0, dev = [], usd } = result;
  expect(dev).toHaveLength(3);
  expect(devRows).toBeGreaterThan(5);
  // Twelve answers came before it was refused.
  expect(asked() - before).toBe(3 * devRows - 12);
  expect(usd).toBeGreaterThan(0);

  // Another run that takes the same job finds its answers, and sees the same cost.
  await trained(tuner, 'second', await orderOf(3, BEST), 'first');
  const afterAll = asked();
  expect(await tuner.collect('second')).toMatchObject({ usd, bestStep: result.bestStep });
  expect(asked()).toBe(afterAll);
  const row = await findClaimed(await openLedger(join(folder, 'ledger.db')), 'second');
  expect(row?.cost_usd).toBeCloseTo((result.trainedTokens * 1.5) / 1e6 + (usd ?? 0), 12);
});

test('the best checkpoint of a warm start is chosen at the price of the model behind both', async () => {
  const { tuner } = await vertexTuner(folder);
  await trained(tuner, 'earlier', await orderOf(2, {}));
  const { folder: start } = await tuner.collect('earlier');
  await trained(tuner, 'warm', { ...(await orderOf(2, BEST)), start });
  expect((await tuner.collect('warm')).usd).toBeGreaterThan(0);
});

test('what could not be chosen or priced is refused before anything is ordered', async () => {
  const refusal = async (tune: Record<string, unknown>): Promise<unknown> => {
    const order = await orderOf(2, { ...BEST, ...tune });
    return (await vertexKind.open(order.settings)).check(order);
  };
  await expect(refusal({ objective: 'preference' })).rejects.toThrow(
    /^tune\.choose\.checkpoint: best compares answers/,
  );
  await expect(refusal({ choose: { checkpoint: 'best', dev: 1e-6 } })).rejects.toThrow(
    /^holding out 0\.000001 of \d+ rows leaves none/,
  );
  expect(() => askingPrice('gemini-2.5-pro', { training: 25 })).toThrow(/give tune\.price: \{ input: …, output: … \}/);
});
