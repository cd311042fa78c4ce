import { expect, test } from 'vitest';
import { columnsOf } from '../../../configs/template.ts';
import { render, unusable } from '../../../data/template.ts';

test('columns are replaced, with or without spaces in the braces', () => {
  const row = { subject: 'Refund', 'body text': 'Where is it?', n: 3, paid: false };
  expect(render('{{subject}}: {{ body text }} ({{n}}, {{paid}}, {{subject}})', row)).toBe(
    'Refund: Where is it? (3, false, Refund)',
  );
});

test('the result is trimmed', () => {
  expect(render('\n {{a}}\n', { a: '  x ' })).toBe('x');
});

test('what a row holds is never read as a template or a replacement', () => {
  expect(render('{{a}}|{{b}}', { a: '{{b}} $& $1 $$', b: '{{a}}' })).toBe('{{b}} $& $1 $$|{{a}}');
});

test('braces that hold no name stay', () => {
  expect(render('{} {{}} {a} {{{a}}}', { a: 1 })).toBe('{} {{}} {a} {1}');
});

test('columns are listed once, in the order of system, prompt and completion', () => {
  expect(columnsOf({ system: '{{role}}', prompt: '{{text}} {{ role }}', completion: '{{label}} {{text}}' })).toEqual([
    'role',
    'text',
    'label',
  ]);
  expect(columnsOf({ prompt: 'Tell a joke.', completion: '{{joke}}' })).toEqual(['joke']);
});

test.each([
  [{ a: 'x', b: 0, c: false }, undefined],
  [{ a: 'x', c: 1 }, 'has no column "b"; its columns are a, c'],
  [{}, 'has no column "a"; its columns are none'],
  [{ a: null, b: 1 }, 'column "a" is null'],
  [{ a: [1], b: 1 }, 'column "a" is a list, expected a text or a number'],
  [{ a: { x: 1 }, b: 1 }, 'column "a" is an object, expected a text or a number'],
  [{ a: ' \n\u00a0', b: 1 }, 'column "a" is empty'],
])('row %j with columns a and b: %s', (row, reason) => {
  expect(unusable(row, ['a', 'b'])).toBe(reason);
});

test('a column that every object has by birth does not count as there', () => {
  expect(unusable({ a: 1 }, ['constructor'])).toBe('has no column "constructor"; its columns are a');
});

test('of many columns the first twelve are named', () => {
  const row = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`c${i}`, 1]));
  expect(unusable(row, ['text'])).toBe(
    'has no column "text"; its columns are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11',
  );
});
