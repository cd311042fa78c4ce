import { expect, onTestFinished, test } from 'vitest';
import { askOnce, type Asking } from '../../../../activities/step/ask.ts';
import { BudgetReached, estimateOf } from '../../../../activities/step/budget.ts';
import { createLimiter } from '../../../../adapters/endpoint/limiter.ts';
import { createEndpointWriter } from '../../../../adapters/endpoint/writer.ts';
import type { Writer } from '../../../../adapters/contracts.ts';
import { spendingOf } from '../../../../artifacts/ledger/replies.ts';
import type { Ledger } from '../../../../artifacts/ledger/open.ts';
import { startFakeEndpoint, type FakeEndpoint, type FakeOptions } from '../../../support/fake-endpoint.ts';
import { failureOf } from '../../support/failures.ts';
import { newLedger } from '../../support/ledger.ts';
import { until } from '../../support/program.ts';

const never = new AbortController().signal;

interface Given {
  server: FakeEndpoint;
  ledger: Ledger;
  ask(key: string, changed?: Partial<Asking>): ReturnType<typeof askOnce>;
}

async function given(options: FakeOptions = {}, timeoutMs = 5000): Promise<Given> {
  const server = await startFakeEndpoint(options);
  onTestFinished(() => server.close());
  const ledger = await newLedger();
  const limits = { concurrency: 4 };
  const writer = createEndpointWriter(
    { baseUrl: server.baseUrl, model: 'fake', timeoutMs, limits },
    createLimiter(limits),
  );
  return {
    server,
    ledger,
    ask: (key, changed) =>
      askOnce({
        ledger,
        writer,
        generator: 'big',
        key,
        runId: 'r1',
        request: {
          messages: [{ role: 'user', content: `Question ${key}` }],
          seed: 1,
          temperature: 1,
          topP: 1,
          maxTokens: 50,
        },
        price: { inputPerMillion: 1, outputPerMillion: 10 },
        signal: never,
        patience: { attempts: 3, pauseMs: 5, busyMs: 1000 },
        ...changed,
      }),
  };
}

test('an ask is sent once, and its reply given again to every run', async () => {
  const { server, ledger, ask } = await given();
  const first = await ask('a');
  expect(first).toMatchObject({ isNew: true, reply: { finish: 'stop', promptTokens: 20, completionTokens: 10 } });
  expect(await ask('a', { runId: 'r2' })).toEqual({ ...first, isNew: false });
  expect(server.seen).toHaveLength(1);
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ asks: 1, answered: 1, reasked: 0, usd: 120e-6 });
  expect(await spendingOf(ledger, 'r2')).toMatchObject({ asks: 0, usd: 0 });
});

test('the same ask, made twice at once, is sent once', async () => {
  const { server, ask } = await given({ latencyMs: 30 });
  const [one, two] = await Promise.all([ask('a'), ask('a')]);
  expect(one.reply).toEqual(two.reply);
  expect([one.isNew, two.isNew]).toEqual([true, false]);
  expect(server.seen).toHaveLength(1);
});

test('failures are tried again, and requests that may have been paid are counted', async () => {
  const { server, ledger, ask } = await given({ script: ['429-soon', 'close-in-body', '503', 'html'] });
  expect(await ask('a')).toMatchObject({ isNew: true });
  expect(server.seen).toHaveLength(5);
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ asks: 1, answered: 1, reasked: 2, unsure: { requests: 2 } });
});

test('an ask that hangs is given up after its time and so many attempts, and can be made again', async () => {
  const { server, ledger, ask } = await given({ script: ['hang', 'hang-after-headers', 'trickle'] }, 100);
  await expect(ask('a')).rejects.toMatchObject({ name: 'AskFailed' });
  expect(server.seen).toHaveLength(3);
  const row = await ledger.selectFrom('replies').selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({
    status: 'asked',
    times_asked: 3,
    error: expect.stringContaining('no whole reply within 0.1 s'),
  });
  expect(await ask('a')).toMatchObject({ isNew: true });
});

test('a server that stays busy is not waited for without end', async () => {
  const { server, ledger, ask } = await given({ afterwards: '429-soon' });
  const patience = { attempts: 3, pauseMs: 5, busyMs: 300 };
  await expect(ask('a', { patience })).rejects.toMatchObject({ name: 'RetryAfter', ms: 120 });
  expect(server.seen).toHaveLength(3);
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ asks: 0, reasked: 0, unsure: { requests: 0 } });
});

test('what cannot be mended is tried once', async () => {
  const { server, ask } = await given({ afterwards: '401' });
  expect(await failureOf(ask('a'))).toMatchObject({ type: 'KeyRefused' });
  expect(server.seen).toHaveLength(1);
});

test('replies without use are kept too, since they were paid for', async () => {
  const { server, ask } = await given({ script: ['refusal', 'truncated'] });
  expect(await ask('a')).toMatchObject({ reply: { finish: 'refused' } });
  expect(await ask('b')).toMatchObject({ reply: { finish: 'length' } });
  await ask('a');
  await ask('b');
  expect(server.seen).toHaveLength(2);
});

test('a budget that is reached stops before the ask, with the numbers, and a larger one goes on from there', async () => {
  const { server, ledger, ask } = await given();
  const budget = { usd: 0.0009 };
  const made: string[] = [];
  let stopped: unknown;
  for (const key of ['a', 'b', 'c', 'd', 'e'])
    await ask(key, { budget }).then(
      () => made.push(key),
      (error: unknown) => (stopped ??= error),
    );
  // Each costs 120 millionths, and may cost 510: after four, 480 + 510 is too much.
  expect(made).toEqual(['a', 'b', 'c', 'd']);
  expect(stopped).toBeInstanceOf(BudgetReached);
  expect(stopped).toMatchObject({ spending: { answered: 4, usd: 480e-6 }, budget });
  expect((stopped as Error).message).toMatchInlineSnapshot(
    `"the budget is reached: $0.000480 spent, up to $0.000510 for the next ask, $0.000900 allowed"`,
  );
  expect(server.seen).toHaveLength(4);
  for (const key of ['a', 'b', 'c', 'd', 'e']) await ask(key, { budget: { usd: 1 } });
  expect(server.seen).toHaveLength(5);
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ answered: 5, reasked: 0 });
});

test('asks made at once keep to the budget together', async () => {
  const { server, ledger, ask } = await given({ latencyMs: 10 });
  const tokens = 300;
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => ask(`k${i}`, { budget: { tokens }, price: undefined })),
  );
  const { promptTokens, completionTokens, answered, unsure } = await spendingOf(ledger, 'r1');
  expect(promptTokens + completionTokens).toBeLessThanOrEqual(tokens);
  expect(unsure.requests).toBe(0);
  expect(answered).toBe(server.seen.length);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(answered);
  expect(results.every((result) => result.status === 'fulfilled' || result.reason instanceof BudgetReached)).toBe(true);
});

test('a budget in money needs a price', async () => {
  const { server, ask } = await given();
  expect(await failureOf(ask('a', { budget: { usd: 1 }, price: undefined }))).toMatchObject({ type: 'NoPrice' });
  expect(server.seen).toHaveLength(0);
  const { reply } = await ask('a', { budget: { tokens: 1000 }, price: undefined });
  expect(reply.finish).toBe('stop');
});

test('a cancelled run stops waiting at once; a worker that is shut down lets what may be paid come in', async () => {
  const { server, ledger, ask } = await given({ latencyMs: 150 });
  const cancel = new AbortController();
  const cancelled = ask('a', { signal: cancel.signal });
  await until(() => server.seen.length === 1, 'the first request');
  cancel.abort(new Error('CANCELLED'));
  await expect(cancelled).rejects.toThrow('CANCELLED');
  const shutdown = new AbortController();
  const left = ask('b', { signal: shutdown.signal });
  await until(() => server.seen.length === 2, 'the second request');
  shutdown.abort(new Error('WORKER_SHUTDOWN'));
  expect(await left).toMatchObject({ isNew: true });
  await expect(ask('c', { signal: shutdown.signal })).rejects.toThrow('WORKER_SHUTDOWN');
  expect(server.seen).toHaveLength(2);
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ asks: 2, answered: 1 });
});

test('an error that nobody foresaw counts as one that may have been paid', async () => {
  const { ledger, ask } = await given();
  const writer: Writer = {
    identity: async () => ({}),
    ask: async (_request, { sending }) => {
      await sending?.();
      throw new TypeError('odd');
    },
  };
  await expect(ask('a', { writer })).rejects.toThrow('odd');
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ asks: 1, unsure: { requests: 1 } });
});

test('an estimate grows with the prompt and the schema', () => {
  const base = {
    messages: [{ role: 'user', content: 'x'.repeat(300) }],
    seed: 1,
    temperature: 0,
    topP: 1,
    maxTokens: 10,
  };
  const plain = estimateOf(base, { inputPerMillion: 2, outputPerMillion: 4 });
  expect(plain.tokens).toBeGreaterThan(100);
  expect(plain.usd).toBeCloseTo(((plain.tokens - 10) * 2 + 10 * 4) / 1e6, 12);
  expect(estimateOf({ ...base, schema: { type: 'object' } }, undefined)).toEqual({
    tokens: expect.any(Number),
    usd: null,
  });
  expect(estimateOf({ ...base, schema: { type: 'object' } }, undefined).tokens).toBeGreaterThan(plain.tokens);
});
