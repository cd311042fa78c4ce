/** Ways of writing a text that people do not read at once and models may. All are made here, none is stored. */
export interface Encoder {
  /** `latin`: only letters a to z can be written in it. */
  takes: 'any' | 'latin';
  encode(text: string): string;
}

const bytes = (text: string): number[] => [...new TextEncoder().encode(text.toWellFormed())];
const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const eachLetter = (change: (letter: string) => string) => (text: string) =>
  Array.from(text, (letter) => change(letter)).join('');

/** Letters a to z, and A to Z alike, moved to other places of the alphabet. */
const shifted = (move: (place: number) => number) =>
  eachLetter((letter) => {
    const code = letter.charCodeAt(0);
    const start = code >= 97 && code <= 122 ? 97 : code >= 65 && code <= 90 ? 65 : undefined;
    return start === undefined ? letter : String.fromCharCode(start + move(code - start));
  });

const LEET: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };
const MORSE =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  );
const SPOKEN =
  'Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu'.split(
    ' ',
  );
// Unicode's braille patterns for a to z.
const BRAILLE = '⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Words of a to z, each letter by its place in the alphabet; what is no letter parts words. */
const byPlace = (write: (place: number) => string, between: string, betweenWords: string) => (text: string) =>
  (text.toLowerCase().match(/[a-z]+/g) ?? [])
    .map((word) => Array.from(word, (letter) => write(letter.charCodeAt(0) - 97)).join(between))
    .join(betweenWords);

function base32(text: string): string {
  const bits = bytes(text)
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const digits = (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
  return digits.padEnd(Math.ceil(digits.length / 8) * 8, '=');
}

export const ENCODERS: Readonly<Record<string, Encoder>> = {
  base64: { takes: 'any', encode: (text) => btoa(String.fromCharCode(...bytes(text))) },
  base32: { takes: 'any', encode: base32 },
  hex: { takes: 'any', encode: (text) => bytes(text).map(hex).join(' ') },
  binary: {
    takes: 'any',
    encode: (text) =>
      bytes(text)
        .map((byte) => byte.toString(2).padStart(8, '0'))
        .join(' '),
  },
  percent: {
    takes: 'any',
    encode: (text) =>
      bytes(text)
        .map((byte) => `%${hex(byte)}`)
        .join(''),
  },
  entities: { takes: 'any', encode: eachLetter((letter) => `&#${letter.codePointAt(0)};`) },
  escapes: { takes: 'any', encode: eachLetter((letter) => `\\u{${(letter.codePointAt(0) as number).toString(16)}}`) },
  reversed: { takes: 'any', encode: (text) => Array.from(text).toReversed().join('') },
  spaced: { takes: 'any', encode: (text) => Array.from(text).join(' ') },
  zeroWidth: { takes: 'any', encode: (text) => Array.from(text).join('\u200b') },
  // The tag characters of Unicode, which no screen shows.
  tags: {
    takes: 'latin',
    encode: eachLetter((letter) =>
      /[ -~]/.test(letter) ? String.fromCodePoint(0xe0000 + letter.charCodeAt(0)) : letter,
    ),
  },
  fullWidth: {
    takes: 'latin',
    encode: eachLetter((letter) =>
      /[!-~]/.test(letter) ? String.fromCharCode(letter.charCodeAt(0) + 0xfee0) : letter,
    ),
  },
  boldLetters: {
    takes: 'latin',
    encode: (text) => text.replace(/[a-z]/g, (letter) => String.fromCodePoint(0x1d41a + letter.charCodeAt(0) - 97)),
  },
  rot13: { takes: 'latin', encode: shifted((place) => (place + 13) % 26) },
  atbash: { takes: 'latin', encode: shifted((place) => 25 - place) },
  leet: {
    takes: 'latin',
    encode: (text) => text.toLowerCase().replace(/[aeiost]/g, (letter) => LEET[letter] as string),
  },
  morse: { takes: 'latin', encode: byPlace((place) => MORSE[place] as string, ' ', ' / ') },
  spoken: { takes: 'latin', encode: byPlace((place) => SPOKEN[place] as string, ' ', ' / ') },
  braille: { takes: 'latin', encode: byPlace((place) => BRAILLE[place] as string, '', ' ') },
};
