import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { expect, test } from 'vitest';
import {
  failAsk,
  findReplies,
  intendAsk,
  spendingOf,
  storeReply,
  type NewAsk,
} from '../../../../artifacts/ledger/replies.ts';
import { newLedger } from '../../support/ledger.ts';

const ask = (key: string, changed: Partial<NewAsk> = {}): NewAsk => ({
  key,
  runId: 'r1',
  generator: 'big',
  estimate: { tokens: 100, usd: 0.5 },
  ...changed,
});
const answer = (key: string, text = 'hello') => ({
  key,
  reply: { text },
  promptTokens: 30,
  completionTokens: 20,
  usd: 0.1,
});

test('an ask is new once, and answered for every run after its reply is stored', async () => {
  const ledger = await newLedger();
  expect(await intendAsk(ledger, ask('k'))).toEqual({ state: 'new' });
  await storeReply(ledger, answer('k'));
  const again = await intendAsk(ledger, ask('k', { runId: 'r2' }));
  expect(again).toMatchObject({
    state: 'answered',
    reply: { run_id: 'r1', times_asked: 1, reply_json: '{"text":"hello"}' },
  });
});

test('an ask whose process died before the reply was stored is counted when it is made again', async () => {
  const ledger = await newLedger();
  await intendAsk(ledger, ask('k'));
  expect(await intendAsk(ledger, ask('k'))).toEqual({ state: 'in-flight-before', timesAsked: 2 });
  await storeReply(ledger, answer('k'));
  expect(await spendingOf(ledger, 'r1')).toEqual({
    asks: 1,
    answered: 1,
    reasked: 1,
    promptTokens: 30,
    completionTokens: 20,
    usd: 0.1,
    unsure: { requests: 1, tokens: 100, usd: 0.5 },
  });
});

test('a request that was turned down is not counted, one that may have been paid is', async () => {
  const ledger = await newLedger();
  await intendAsk(ledger, ask('busy'));
  await failAsk(ledger, { key: 'busy', error: 'is busy (429)', mayBePaid: false });
  expect(await spendingOf(ledger, 'r1')).toMatchObject({
    asks: 0,
    reasked: 0,
    unsure: { requests: 0, tokens: 0, usd: 0 },
  });
  expect(await intendAsk(ledger, ask('busy'))).toEqual({ state: 'new' });
  await intendAsk(ledger, ask('lost'));
  await failAsk(ledger, { key: 'lost', error: 'no reply within 60 s', mayBePaid: true });
  expect(await spendingOf(ledger, 'r1')).toMatchObject({
    asks: 2,
    answered: 0,
    unsure: { requests: 2, tokens: 200, usd: 1 },
  });
});

test('of two replies to one ask the first stays', async () => {
  const ledger = await newLedger();
  await intendAsk(ledger, ask('k'));
  await storeReply(ledger, answer('k', 'first'));
  expect(await storeReply(ledger, answer('k', 'second'))).toMatchObject({ reply_json: '{"text":"first"}' });
  await failAsk(ledger, { key: 'k', error: 'late', mayBePaid: false });
  expect((await findReplies(ledger, ['k'])).get('k')).toMatchObject({ error: null, times_asked: 1 });
});

test('a budget counts what is spent, what is under way, and what comes next', async () => {
  const ledger = await newLedger();
  const budget = { tokens: 250 };
  expect(await intendAsk(ledger, ask('a', { budget }))).toEqual({ state: 'new' });
  expect(await intendAsk(ledger, ask('b', { budget }))).toEqual({ state: 'new' });
  // 200 are reserved: no room for a third until replies turn out shorter than they might have been.
  expect(await intendAsk(ledger, ask('c', { budget }))).toMatchObject({ state: 'over-budget', spending: { asks: 2 } });
  expect(await spendingOf(ledger, 'r1')).toMatchObject({ asks: 2 });
  await storeReply(ledger, answer('a'));
  await storeReply(ledger, answer('b'));
  expect(await intendAsk(ledger, ask('c', { budget }))).toEqual({ state: 'new' });
  expect(await intendAsk(ledger, ask('d', { budget, runId: 'r2' }))).toEqual({ state: 'new' });
});

test('a budget that fits exactly is used to its end', async () => {
  const ledger = await newLedger();
  const estimate = { tokens: 10, usd: 0.1 };
  const states = [];
  for (const key of ['a', 'b', 'c', 'd'])
    states.push((await intendAsk(ledger, ask(key, { estimate, budget: { usd: 0.3 } }))).state);
  expect(states).toEqual(['new', 'new', 'new', 'over-budget']);
});

test('replies are found by any number of keys', async () => {
  const ledger = await newLedger();
  for (const key of ['a', 'b', 'c']) await intendAsk(ledger, ask(key));
  await storeReply(ledger, answer('a'));
  await storeReply(ledger, answer('c', '\u0000\ud800"😀'));
  const found = await findReplies(ledger, ['a', 'b', 'c', ...Array.from({ length: 2500 }, (_, i) => `no-${i}`)]);
  expect([...found.keys()]).toEqual(['a', 'c']);
  expect(JSON.parse(found.get('c')?.reply_json ?? '')).toEqual({ text: '\u0000\ud800"😀' });
  expect(await findReplies(ledger, [])).toEqual(new Map());
});

test('whatever happens in whatever order, a budget is never passed and the sums add up', async () => {
  const step = record({
    key: integer({ min: 0, max: 5 }),
    what: constantFrom('ask', 'store', 'refused', 'lost'),
  });
  await assert(
    asyncProperty(array(step, { maxLength: 40 }), async (steps) => {
      const ledger = await newLedger();
      const budget = { tokens: 450 };
      for (const { key: number, what } of steps) {
        const key = String(number);
        if (what === 'ask') await intendAsk(ledger, ask(key, { budget }));
        else {
          // Only what was asked can end.
          const row = await ledger
            .selectFrom('replies')
            .select('times_asked')
            .where('key', '=', key)
            .executeTakeFirst();
          if (!row || row.times_asked === 0) continue;
          if (what === 'store') await storeReply(ledger, answer(key));
          else await failAsk(ledger, { key, error: what, mayBePaid: what === 'lost' });
        }
        const { asks, answered, reasked, promptTokens, completionTokens, unsure } = await spendingOf(ledger, 'r1');
        expect(promptTokens + completionTokens + unsure.tokens).toBeLessThanOrEqual(budget.tokens);
        expect(promptTokens + completionTokens).toBe(answered * 50);
        expect(unsure.requests).toBe(asks + reasked - answered);
      }
    }),
    { numRuns: 25 },
  );
});
