import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeSpecialTokens, findSpecialTokens } from '../../../../data/detect/special-tokens.ts';
import { processorTime } from '../../../support/stopwatch.ts';

test.each([
  '<|im_start|>',
  '<|endoftext|>',
  '<|fim_prefix|>',
  '<|eot_id|>',
  '<|header_start|>',
  '<|START_OF_TURN_TOKEN|>',
  '<\uff5cbegin\u2581of\u2581sentence\uff5c>',
  '[INST]',
  '[/INST]',
  '<<SYS>>',
  '<s>',
  '</s>',
  '<bos>',
  '<start_of_turn>',
  '<tool_call>',
  '</tool_response>',
])('%s is found and can be escaped', (token) => {
  const text = `a ${token}b`;
  expect(findSpecialTokens(text)).toEqual([{ kind: token, start: 2, end: 2 + token.length }]);
  const escaped = escapeSpecialTokens(text);
  expect(findSpecialTokens(escaped)).toEqual([]);
  expect(escaped.replaceAll('\u200d', '')).toBe(text);
});

test.each(['a < b | c > d', '<|two words|>', 'Array[INSTANCE]', '<strong>s</strong>', '<||>', 'x <| y |> z'])(
  '%s holds none',
  (text) => {
    expect(findSpecialTokens(text)).toEqual([]);
  },
);

test('further tokens are found wherever they stand', () => {
  expect(findSpecialTokens('a ### b', ['###'])).toEqual([{ kind: '###', start: 2, end: 5 }]);
  expect(findSpecialTokens('a ### b')).toEqual([]);
});

test('whatever text and tokens: escaped, no token is left and nothing else is changed', () => {
  const unit = fc.constantFrom('a', '<', '>', '|', 's', '/', '\u{1f600}', 'im');
  fc.assert(
    fc.property(
      fc.string({ unit }),
      fc.array(fc.string({ unit, minLength: 2, maxLength: 4 }), { maxLength: 3 }),
      (text, tokens) => {
        const breakable = tokens.filter((token) => Array.from(token).length > 1);
        const escaped = escapeSpecialTokens(text, breakable);
        expect(findSpecialTokens(escaped, breakable)).toEqual([]);
        expect(escaped.replaceAll('\u200d', '')).toBe(text);
      },
    ),
  );
});

test.each(['<|', '<|a', '<', '[', '<|a|', '<|im_start|>', '<<|a|>'])(
  'a megabyte of %j takes under a second',
  (unit) => {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
    const spent = processorTime();
    findSpecialTokens(text);
    expect(spent()).toBeLessThan(1000);
  },
);
