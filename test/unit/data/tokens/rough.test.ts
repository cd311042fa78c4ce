import { expect, test } from 'vitest';
import { openaiCounter } from '../../../../data/tokens/openai.ts';
import { roughCounter } from '../../../../data/tokens/rough.ts';
import { dialogue, row } from './rows.ts';

const rough = roughCounter();

test('what a known tokenizer counts lies inside the estimate', async () => {
  const counter = await openaiCounter('o200k_base');
  const texts = [
    'The parcel was promised for Monday, and nobody at the shop could tell me where it is.',
    'Die Lieferung sollte am Montag ankommen, aber niemand weiß, wo sie geblieben ist.',
    'ご注文の商品は月曜日に届く予定でしたが、まだ届いていません。',
    'const total = rows.reduce((sum, { tokens }) => sum + tokens, 0);',
    'Order 4711-0815, 2026-11-25 08:15:00, 129.99 EUR',
  ];
  for (const text of texts) {
    const { low, high } = rough.countText(text);
    const tokens = counter.countText(text);
    expect(low, text).toBeLessThanOrEqual(tokens);
    expect(high, text).toBeGreaterThanOrEqual(tokens);
  }
});

test('a preference pair is estimated by its longer answer', () => {
  const ask = { role: 'user', content: 'hello' } as const;
  const long = { role: 'assistant', content: 'a long answer to it '.repeat(9) } as const;
  const pair = row({ messages: [ask], chosen: [{ role: 'assistant', content: 'hi' }], rejected: [long] });
  const longer = rough.countRow(row({ messages: [ask, long] }));
  expect(rough.countRow(pair)).toEqual(longer);
  // Both are learned, and may be billed.
  expect(rough.countLearned(pair).high).toBe(longer.high + rough.countRow(dialogue('hello', 'hi')).high);
});

test('nothing is nothing', () => {
  expect(rough.countText('')).toEqual({ low: 0, high: 0 });
  expect(rough.countRow(dialogue('hello')).low).toBeGreaterThan(0);
});
