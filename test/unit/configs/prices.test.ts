import { expect, test } from 'vitest';
import { generationPrice, priceOf, trainingPrice } from '../../../configs/prices.ts';

test('a listed price names its page and date', () => {
  expect(trainingPrice({ model: 'gpt-4.1-mini' })).toMatchObject({ training: 5, checked: '2025-10' });
  expect(trainingPrice({ model: 'publishers/google/models/gemini-2.5-flash' })).toMatchObject({ training: 5 });
  expect(priceOf('gpt-4.1')).toMatchObject({ source: 'OpenAI, API pricing, fine-tuning' });
});

test('a tuned model costs its own price, not that of its base', () => {
  const tuned = generationPrice('tune.price', { model: 'ft:gpt-4.1-2025-04-14:acme::abc' });
  expect(tuned).toMatchObject({ input: 3, output: 12 });
  expect(generationPrice('tune.price', { model: 'gpt-4.1' })).toMatchObject({ input: 2, output: 8 });
});

test('what the recipe gives goes before the table', () => {
  expect(priceOf('gpt-4.1', { training: 20 })).toMatchObject({
    training: 20,
    input: 2,
    source: 'the recipe; otherwise OpenAI, API pricing, fine-tuning',
  });
  expect(trainingPrice({ model: 'unheard-of', given: { training: 0.5 } })).toEqual({
    training: 0.5,
    source: 'the recipe',
  });
});

test('an unknown price is an error that says how to give one, never zero', () => {
  expect(() => trainingPrice({ model: 'gemini-9' })).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: no price is known for gemini-9: give tune.price: { training: … } in the recipe, in US dollars for a million tokens]`,
  );
  expect(() => generationPrice('tune.price', { model: 'gemini-9' })).toThrowErrorMatchingInlineSnapshot(
    `[TerminalError: no price is known for gemini-9: give tune.price: { input: …, output: … } in the recipe, in US dollars for a million tokens]`,
  );
  // Half a price is not enough.
  expect(() => generationPrice('tune.price', { model: 'm', given: { input: 1 } })).toThrow('no price is known for m');
  expect(() => generationPrice('tune.price', { model: 'gemini-2.5-pro' })).toThrow('no price is known');
  expect(priceOf('gemini-9')).toMatchInlineSnapshot(
    `"no price is known for gemini-9: give price: { training: …, input: …, output: … } in the recipe, in US dollars for a million tokens"`,
  );
});

test('a price that is no number of dollars is refused', () => {
  for (const training of [-1, NaN, Infinity])
    expect(() => priceOf('m', { training })).toThrow('expected US dollars for a million tokens');
});

test('only what runs here is free', () => {
  expect(trainingPrice({ model: 'acme/tiny', here: true })).toMatchObject({ free: true, training: 0 });
  expect(generationPrice('tune.price', { model: 'acme/tiny', here: true })).toMatchObject({ free: true, output: 0 });
  expect(() => trainingPrice({ model: 'acme/tiny' })).toThrow('no price is known');
});
