import { beforeAll, expect, test } from 'vitest';
import { guessLanguage, knownLanguages, loadLanguages } from '../../../../data/detect/language.ts';

beforeAll(loadLanguages);

test.each([
  ['en', 'The parcel that I ordered last week has still not arrived.'],
  ['de', 'Das Paket, das ich letzte Woche bestellt habe, ist noch nicht angekommen.'],
  ['fr', "Le colis que j'ai command\u00e9 la semaine derni\u00e8re n'est pas encore arriv\u00e9."],
  ['es', 'El paquete que ped\u00ed la semana pasada todav\u00eda no ha llegado.'],
  [
    'ru',
    '\u041f\u043e\u0441\u044b\u043b\u043a\u0430 \u0432\u0441\u0451 \u0435\u0449\u0451 \u043d\u0435 \u043f\u0440\u0438\u0448\u043b\u0430, \u0447\u0442\u043e \u043c\u043d\u0435 \u0434\u0435\u043b\u0430\u0442\u044c?',
  ],
  ['zh', '\u6211\u4e0a\u5468\u8ba2\u8d2d\u7684\u5305\u88f9\u8fd8\u6ca1\u6709\u5230\u3002'],
])('%s is told', (code, text) => {
  expect(guessLanguage(text)).toBe(code);
  // A foreign line in front does not decide over a long text.
  expect(guessLanguage(`${'Hello there, this is a foreword. '.repeat(8)}${text.repeat(60)}`)).toBe(code);
});

test.each(['', '12345 67890', '{}[]();', '\ud800\0', 'https://example.com/a'])('%j says too little', (text) => {
  expect(guessLanguage(text)).toBeUndefined();
});

test('the languages known are two-letter codes', () => {
  expect(knownLanguages()).toEqual(expect.arrayContaining(['en', 'de', 'ja', 'ar']));
  expect(knownLanguages().every((code) => /^[a-z]{2}$/.test(code))).toBe(true);
});
