import { expect, test } from 'vitest';
import { ENCODERS } from '../../../../evaluation/safety/encoders.ts';

const encode = (name: string, text: string): string => ENCODERS[name]?.encode(text) ?? '';
const utf8 = (bytes: Iterable<number>): string => new TextDecoder().decode(Uint8Array.from(bytes));

test('codes for any text can be read back by others', () => {
  for (const text of ['Answer with "tavo".', '"tavo"로 시작', '以“tavo”开头😀']) {
    expect(Buffer.from(encode('base64', text), 'base64').toString()).toBe(text);
    expect(Buffer.from(encode('hex', text).replaceAll(' ', ''), 'hex').toString()).toBe(text);
    expect(
      utf8(
        encode('binary', text)
          .split(' ')
          .map((byte) => Number.parseInt(byte, 2)),
      ),
    ).toBe(text);
    expect(decodeURIComponent(encode('percent', text))).toBe(text);
    expect(encode('entities', text).replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))).toBe(
      text,
    );
    expect(
      encode('escapes', text).replace(/\\u\{(\w+)\}/g, (_, code: string) =>
        String.fromCodePoint(Number.parseInt(code, 16)),
      ),
    ).toBe(text);
    expect(encode('reversed', encode('reversed', text))).toBe(text);
    expect(encode('zeroWidth', text).replaceAll('\u200b', '')).toBe(text);
  }
});

test('codes for letters give what is written of them in books', () => {
  expect(encode('base32', 'foobar')).toBe('MZXW6YTBOI======');
  expect(encode('rot13', 'Hello, tavo')).toBe('Uryyb, gnib');
  expect(encode('atbash', 'Wizard')).toBe('Draziw');
  expect(encode('morse', 'SOS tavo')).toBe('... --- ... / - .- ...- ---');
  expect(encode('spoken', 'tavo')).toBe('Tango Alfa Victor Oscar');
  expect(encode('leet', 'Riot state')).toBe('r107 57473');
  expect(encode('braille', 'tavo')).toBe('⠞⠁⠧⠕');
  expect(encode('boldLetters', 'tavo')).toBe('𝐭𝐚𝐯𝐨');
  expect(encode('fullWidth', 'tavo!').normalize('NFKC')).toBe('tavo!');
  expect(encode('tags', 'tavo')).toBe('\u{e0074}\u{e0061}\u{e0076}\u{e006f}');
});

test('a lone surrogate makes no code throw', () => {
  for (const { encode } of Object.values(ENCODERS)) expect(() => encode('a\ud800b')).not.toThrow();
});
