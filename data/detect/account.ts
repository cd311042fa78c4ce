import type { DigitRun } from './digits.ts';
import type { Span } from './span.ts';

/** Length of an IBAN by country, from the registry of ISO 13616. */
const IBAN_LENGTHS: Record<string, number> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ' +
    'ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 ' +
    'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 ' +
    'PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g;
const IBAN_FORMS = new Map(
  [...new Set(Object.values(IBAN_LENGTHS))].map((length) => [
    length,
    new RegExp(`[A-Za-z]{2}\\d{2}(?:[ \\u00a0\\u202f-]?[A-Za-z0-9]){${length - 4}}(?![A-Za-z0-9])`, 'y'),
  ]),
);

/** Bank account numbers (IBAN, ISO 13616) of the right length for their country whose check digits are right. */
export function findIbans(text: string): Span<'iban'>[] {
  const spans: Span<'iban'>[] = [];
  for (const { index: start, 0: head } of text.matchAll(IBAN_START)) {
    const form = IBAN_FORMS.get(IBAN_LENGTHS[head.slice(0, 2).toUpperCase()] ?? 0);
    if (!form) continue;
    form.lastIndex = start;
    if (form.test(text) && ibanRemainder(text, start, form.lastIndex) === 1) {
      spans.push({ kind: 'iban', start, end: form.lastIndex });
    }
  }
  return spans;
}

/** ISO 7064 MOD 97-10 of a stretch of a text, its first four characters last, letters as 10 to 35; 1 is right. */
function ibanRemainder(text: string, start: number, end: number): number {
  let remainder = 0;
  for (let i = 0; i < end - start; i++) {
    const at = start + 4 + i;
    const code = text.charCodeAt(at < end ? at : at - end + start);
    if (code >= 48 && code <= 57) remainder = (remainder * 10 + code - 48) % 97;
    // Either case of a letter; anything else is a gap.
    else if (code >= 65 && code <= 122) remainder = (remainder * 100 + (code | 32) - 87) % 97;
  }
  return remainder;
}

/** First digits of a card number and the lengths that the network gives out. */
const CARDS: readonly [prefix: RegExp, lengths: readonly number[]][] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|3095|36|3[89])/, [14, 15, 16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
];

/** Payment card numbers: prefix and length of a known network, and right by Luhn. */
export function findCards(text: string, runs: readonly DigitRun[]): Span<'card'>[] {
  const spans: Span<'card'>[] = [];
  for (const run of runs) {
    // A card number may stand between other numbers, e.g. with its date behind it.
    for (let first = 0; first < run.length; first++) {
      let digits = '';
      let taken = -1;
      for (let last = first; last < run.length && last < first + 7; last++) {
        if (last > first && !run[last]!.isNear) break;
        digits += run[last]!.digits;
        if (digits.length > 19) break;
        if (digits.length >= 13 && isCard(digits)) taken = last;
      }
      if (taken === -1) continue;
      const { start } = run[first]!;
      const { end } = run[taken]!;
      if (!isJoined(text, start, end)) spans.push({ kind: 'card', start, end });
      first = taken;
    }
  }
  return spans;
}

// Part of a code, or the decimals of a number: one in ten of these passes Luhn.
const isJoined = (text: string, start: number, end: number): boolean =>
  /[A-Za-z_]$|\d[.,]$/.test(text.slice(Math.max(0, start - 2), start)) || /^[A-Za-z_]/.test(text.slice(end, end + 1));

const isCard = (digits: string): boolean =>
  CARDS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits)) && isLuhn(digits);

/** ISO/IEC 7812-1, annex B. */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}
