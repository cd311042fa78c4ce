import { createRequire } from 'node:module';
import type * as Stdnum from 'stdnum';
import type { Validator } from 'stdnum';
import type { Span } from './span.ts';

/** How the ids of a country are written, and who checks them. */
interface IdForm {
  country: string;
  /** Name of the check in stdnum. */
  check: string;
  form: RegExp;
  /** Words that have to be near where the form alone says too little. */
  near?: RegExp;
}

const forms: readonly IdForm[] = [
  { country: 'US', check: 'ssn', form: /(?<![\w-])\d{3}([- ])\d{2}\1\d{4}(?![\w-])/g },
  { country: 'US', check: 'ssn', form: /(?<![\w.-])\d{9}(?![\w-])/g, near: /\bssn\b|\bsocial.?security/i },
  { country: 'GB', check: 'nino', form: /(?<!\w)[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)/gi },
  { country: 'GB', check: 'utr', form: /(?<![\w.-])\d{5} ?\d{5}(?![\w-])/g, near: /\butr\b|taxpayer/i },
  {
    country: 'DE',
    check: 'idnr',
    form: /(?<![\w.-])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w-])/g,
    near: /steuer|\bid-?nr\b|\bstid|identifikationsn|\btin\b|\btax.?(?:id|number)/i,
  },
  { country: 'DE', check: 'svnr', form: /(?<!\w)\d{2} ?\d{6} ?[A-Z] ?\d{3}(?!\w)/gi },
  {
    country: 'FR',
    check: 'nir',
    form: /(?<!\w)[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?!\w)/gi,
  },
  {
    country: 'FR',
    check: 'nif',
    form: /(?<!\w)[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d{3}(?!\w)/g,
    near: /fiscal|\bspi\b|\bnif\b/i,
  },
  { country: 'ES', check: 'dni', form: /(?<![\w.])\d{8}-?[A-Z](?!\w)/gi },
  { country: 'ES', check: 'nie', form: /(?<!\w)[XYZ][- ]?\d{7}[- ]?[A-Z](?!\w)/gi },
  {
    country: 'IT',
    check: 'codicefiscale',
    form: /(?<!\w)[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z](?!\w)/gi,
  },
  {
    country: 'NL',
    check: 'bsn',
    form: /(?<![\w.-])\d{4}[. ]?\d{2}[. ]?\d{3}(?![\w-])/g,
    near: /\bbsn\b|burgerservice|\bsofi/i,
  },
  { country: 'PL', check: 'pesel', form: /(?<![\w.-])\d{11}(?![\w-])/g, near: /pesel/i },
];

const known = new Set(forms.map(({ country }) => country));

// For countries without a form of their own: anything with digits in it, beside a word that announces an id.
const ANY_FORM =
  /(?<![\p{L}\p{N}])[A-Z]{0,4}\d[A-Z\d]{0,19}(?:[ .\-/](?=\d)[A-Z\d]{1,10}){0,5}(?:-[A-Z\d])?(?![\p{L}\p{N}])/giu;
const ANY_NEAR =
  /\b(?:identity|national|personal|citizen|social security|tax(?:payer)?)[ .-]?(?:id|identity|number|no\b|code|card)|\bid (?:number|card|no\b)/i;
const REACH_BEFORE = 40;
const REACH_AFTER = 20;

/**
 * National ids whose check digits are right (US and GB have none: whose ranges are). Bare numbers of 9 to 11 digits pass such a check
 * too often by chance, so they count only where a word such as "SSN", "BSN", "PESEL" or "Steuer" stands within 40
 * characters before or 20 behind, or in the key that the text is the value of.
 */
export function findNationalIds(text: string, countries: readonly string[], context = ''): Span<'nationalId'>[] {
  const spans: Span<'nationalId'>[] = [];
  const key = spreadKey(context);
  const look = (form: RegExp, near: RegExp | undefined, checks: () => readonly Validator[]): void => {
    if (near && !near.test(text) && !near.test(key)) return;
    for (const { 0: found, index: start } of text.matchAll(form)) {
      const end = start + found.length;
      if (near && !near.test(key) && !near.test(around(text, start, end))) continue;
      if (checks().some((check) => isValid(check, found))) spans.push({ kind: 'nationalId', start, end });
    }
  };
  for (const { country, check, form, near } of forms) {
    if (countries.includes(country)) look(form, near, () => [stdnum().stdnum[country]![check]!]);
  }
  for (const country of countries) {
    if (!known.has(country)) look(ANY_FORM, announcing(country), () => validators(country));
  }
  return spans;
}

const around = (text: string, start: number, end: number): string =>
  `${text.slice(Math.max(0, start - REACH_BEFORE), start)} ${text.slice(end, end + REACH_AFTER)}`;

/** `customerSsn` and `social_security` with the gaps that words have. */
const spreadKey = (key: string): string => key.replaceAll('_', ' ').replaceAll(/([a-z])(?=[A-Z])/g, '$1 ');

function isValid(check: Validator, found: string): boolean {
  try {
    return check.validate(found.toUpperCase()).isValid;
  } catch {
    // Some checks take their input apart before they look at it: what they choke on is no id.
    return false;
  }
}

// The library has every country in it and takes 0.2 s to load: only once there is a number to check.
let loaded: typeof Stdnum | undefined;
const stdnum = (): typeof Stdnum => (loaded ??= createRequire(import.meta.url)('stdnum') as typeof Stdnum);

const validators = (country: string): readonly Validator[] => stdnum().personValidators[country] ?? [];

const announcements = new Map<string, RegExp>();

function announcing(country: string): RegExp {
  let words = announcements.get(country);
  if (!words) {
    const names = validators(country).flatMap(({ abbreviation, localName }) => [abbreviation ?? [], localName].flat());
    const spelled = names.map((name) => `\\b${name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\\b`);
    announcements.set(country, (words = new RegExp([ANY_NEAR.source, ...spelled].join('|'), 'i')));
  }
  return words;
}
