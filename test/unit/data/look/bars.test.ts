import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf, rangeOf, textBars } from '../../../../data/look/bars.ts';
import { visible } from '../../../../data/look/visible.ts';

test('bars stand under one another with their numbers', () => {
  const bars = [
    { label: 'billing', value: 1200 },
    { label: 'bug', value: 450 },
    { label: 'other', value: 1 },
    { label: 'none', value: 0 },
  ];
  expect(textBars(bars, { width: 34 }).join('\n')).toMatchInlineSnapshot(`
    "billing ████████████████████ 1,200
    bug     ███████▌               450
    other   ▏                        1
    none                             0"
  `);
  expect(textBars(bars, { width: 34, ascii: true }).join('\n')).toMatchInlineSnapshot(`
    "billing #################### 1,200
    bug     ########               450
    other   #                        1
    none                             0"
  `);
});

test('no line is wider than asked or moves the cursor, whatever the labels', () => {
  const label = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom('\u001b[2J', 'a\nb', '\u202eevil', '漢字'.repeat(30), '👩‍👩‍👧'.repeat(20), '\ud800'),
  );
  const bar = fc.record({ label, value: fc.oneof(fc.nat(), fc.double()) });
  fc.assert(
    fc.property(
      fc.array(bar, { maxLength: 8 }),
      fc.integer({ min: 20, max: 120 }),
      fc.boolean(),
      (bars, width, ascii) => {
        const lines = textBars(bars, { width, ascii });
        expect(lines).toHaveLength(bars.length);
        for (const line of lines) {
          expect(columnsOf(line)).toBeLessThanOrEqual(width);
          // oxlint-disable-next-line no-control-regex
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
          expect(ascii ? line.replace(/[ -~]/g, '') : '').toBe('');
        }
      },
    ),
  );
});

test('what turns the direction or hides is spelled out, and joiners of emoji stay', () => {
  expect(visible('user\u202etxt.exe\u200b\u001b[31m!\u0007')).toBe('user[U+202E]txt.exe[U+200B]! ');
  expect(visible('\u{e0041}')).toBe('[U+E0041]');
  expect(visible('👩‍👧 \ud800')).toBe('👩‍👧 \ufffd');
});

test('a range names its first and last number', () => {
  expect(rangeOf({ from: 1024, to: 2048 })).toBe('1,024–2,047');
  expect(rangeOf({ from: 7, to: 8 })).toBe('7');
  expect(rangeOf({ from: 8, to: 16 }, true)).toBe('8-15');
});
