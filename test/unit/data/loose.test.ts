import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { guessLabel, looseContent } from '../../../data/loose.ts';

test('columns become what is asked, the class what is answered', () => {
  expect(looseContent({ id: 7, message: 'where is it', queue: 'delivery', more: { a: 1 } }, 'queue')).toEqual({
    messages: [
      { role: 'user', content: 'id: 7\nmessage: where is it\nmore: {"a":1}' },
      { role: 'assistant', content: 'delivery' },
    ],
    label: 'delivery',
    columns: { id: 7, message: 'where is it', queue: 'delivery', more: { a: 1 } },
  });
});

test('without a class there is nothing that is answered', () => {
  for (const queue of [undefined, null, [], {}]) {
    const { messages, label } = looseContent({ message: 'x', queue }, 'queue');
    expect([messages.length, label]).toEqual([1, undefined]);
  }
});

test('any object of columns can be looked at', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.option(fc.string(), { nil: undefined }),
      (value, label) => {
        expect(looseContent(value, label).messages.length).toBeGreaterThan(0);
      },
    ),
  );
});

const rows = (count: number, row: (i: number) => Record<string, unknown>): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, i) => row(i));

test('a class is text with few different values; its name decides between several', () => {
  expect(guessLabel(rows(100, (i) => ({ id: `n${i}`, text: `text ${i}`, section: ['a', 'b'][i % 2] })))).toBe(
    'section',
  );
  expect(
    guessLabel(rows(100, (i) => ({ label: ['x', 'y'][i % 2], text: `text ${i}`, day: ['mo', 'tu'][i % 2] }))),
  ).toBe('label');
});

test('nothing is guessed from few rows, from one value, from numbers or from texts that all differ', () => {
  expect(guessLabel([])).toBeUndefined();
  expect(guessLabel(rows(9, (i) => ({ label: ['a', 'b'][i % 2] })))).toBeUndefined();
  expect(guessLabel(rows(50, () => ({ label: 'same' })))).toBeUndefined();
  expect(guessLabel(rows(50, (i) => ({ label: i % 2 })))).toBeUndefined();
  expect(guessLabel(rows(50, (i) => ({ label: `text ${i}` })))).toBeUndefined();
});
