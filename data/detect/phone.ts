import { Metadata } from 'libphonenumber-js/core';
import type { CountryCode } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/max/metadata';
import type { DigitRun } from './digits.ts';
import type { Span } from './span.ts';

/** What of a country's numbering plan is needed to tell its numbers. */
interface Plan {
  lengths: Set<number>;
  types: RegExp;
  /** What is dialled before the number inside the country; '' where nothing is. */
  trunk: string;
  isNorthAmerican: boolean;
}

const MOST_GROUPS = 8;
const MOST_DIGITS = 15;
const CONTEXT =
  /\b(?:tel|telephone|phone|mobile|mob|cell|call|fax|sms|whatsapp|telefon|handy|mobil|rufnummer|anruf|téléphone|portable|teléfono|telefono|móvil|cellulare|telefoon|mobiel|komórka|zadzwoń)\b/i;
const DATE = /^(?:(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ]\d|\d{1,2}[-/.]\d{1,2}[-/.](?:(?:19|20)\d\d|\d\d)(?!\d))/;
const DECIMAL = /^\d{1,3}\.\d{5,}$/;
// "3.5 2024 2024": a point between some groups and a gap between others is no way to write one number.
const MIXED = /\d\.\d.*\d\s\d|\d\s\d.*\d\.\d/;
const BEFORE = /(?:[\p{L}_#$€£=&?/.:-]|\d[.,:])$/u;
const AMOUNT_BEFORE = /[$€£¥]\s?$/;
const AMOUNT_AFTER = /^(?:[.,]\d|\s?(?:[$€£¥%]|zł|EUR|USD|GBP|PLN|CHF)|[\p{L}_])/u;
// Written with gaps, a North American number has them here.
const NORTH_AMERICAN_GROUPS = new Set(['3,3,4', '1,3,3,4', '3,7', '1,3,7', '10', '11', '1,10']);

/**
 * Phone numbers that a numbering plan knows: with `+` of every country, without of the countries given. Bare
 * digits without trunk prefix or gaps count only beside a word such as "call", since most are something else.
 *
 * The plans are those of libphonenumber; its own search of texts takes too long for millions of rows.
 */
export function findPhones(
  text: string,
  runs: readonly DigitRun[],
  countries: readonly string[],
  context = '',
): Span<'phone'>[] {
  const spans: Span<'phone'>[] = [];
  const plans = countries.flatMap((country) => planOf(country) ?? []);
  for (const run of runs) {
    let behind = 0;
    for (let first = 0; first < run.length; first++) {
      const group = run[first]!;
      // In the middle of a row of numbers nothing begins, unless it is long or set apart.
      const canBegin = first === behind || group.digits.length >= 9 || group.start - run[first - 1]!.end > 1;
      const last = group.isPlus
        ? lastInternational(run, first)
        : canBegin
          ? lastNational(text, run, first, plans, context)
          : -1;
      if (last === -1) continue;
      behind = last + 1;
      let { start } = group;
      const before = text[start - 1];
      if (before === '+' || (before === '(' && text.slice(start, run[last]!.end).includes(')'))) start -= 1;
      spans.push({ kind: 'phone', start, end: run[last]!.end });
      first = last;
    }
  }
  return spans;
}

function lastInternational(run: DigitRun, first: number): number {
  let digits = '';
  let found = -1;
  for (let last = first; last < run.length && last < first + MOST_GROUPS; last++) {
    digits += run[last]!.digits;
    if (digits.length > MOST_DIGITS + 1) break;
    if (digits.length >= 8 && isInternational(digits)) found = last;
  }
  return found;
}

function isInternational(digits: string): boolean {
  for (let length = 1; length <= 3; length++) {
    const countries = metadata.country_calling_codes[digits.slice(0, length) as '1'];
    if (!countries) continue;
    const rest = digits.slice(length);
    return countries.some((country) => {
      const plan = planOf(country);
      // "+44 (0)20": the trunk prefix is often written though it is not dialled.
      return (
        plan !== undefined &&
        (fits(plan, rest) || (plan.trunk === '0' && rest.startsWith('0') && fits(plan, rest.slice(1))))
      );
    });
  }
  return false;
}

function lastNational(text: string, run: DigitRun, first: number, plans: readonly Plan[], context: string): number {
  const { start } = run[first]!;
  let digits = '';
  let found = -1;
  for (let last = first; last < run.length && last < first + MOST_GROUPS; last++) {
    digits += run[last]!.digits;
    if (digits.length > MOST_DIGITS) break;
    if (digits.length < 7) continue;
    if (plans.some((plan) => isNational(plan, digits, run, first, last))) found = last;
  }
  if (found === -1) return -1;
  const { end } = run[found]!;
  if (
    DECIMAL.test(text.slice(start, end)) ||
    DATE.test(text.slice(start, start + 11)) ||
    AMOUNT_AFTER.test(text.slice(end, end + 5))
  )
    return -1;
  const before = text.slice(Math.max(0, start - 40), start);
  if (AMOUNT_BEFORE.test(before)) return -1;
  if (MIXED.test(text.slice(start, end))) return -1;
  const isBare = found === first && !run[first]!.digits.startsWith('0');
  if (!isBare && !BEFORE.test(before)) return found;
  if (/[\p{L}\d]$/u.test(before) || /\d[.,:]$/.test(before)) return -1;
  return CONTEXT.test(`${context.replaceAll('_', ' ')} ${before}`) ? found : -1;
}

function isNational(plan: Plan, digits: string, run: DigitRun, first: number, last: number): boolean {
  if (plan.isNorthAmerican) {
    if (!fits(plan, digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits)) return false;
    const groups = run.slice(first, last + 1).map((group) => group.digits.length);
    return NORTH_AMERICAN_GROUPS.has(groups.join());
  }
  if (plan.trunk === '') return fits(plan, digits);
  return digits.startsWith(plan.trunk) && fits(plan, digits.slice(plan.trunk.length));
}

const fits = ({ lengths, types }: Plan, digits: string): boolean => lengths.has(digits.length) && types.test(digits);

const known = new Map<string, Plan | undefined>();

function planOf(country: string): Plan | undefined {
  if (!known.has(country)) known.set(country, readPlan(country));
  return known.get(country);
}

const TYPES = [
  'FIXED_LINE',
  'MOBILE',
  'TOLL_FREE',
  'PREMIUM_RATE',
  'PERSONAL_NUMBER',
  'VOICEMAIL',
  'UAN',
  'PAGER',
  'VOIP',
  'SHARED_COST',
];

// The published types leave out most of what a plan can be asked.
interface FullPlan {
  callingCode(): string;
  possibleLengths(): number[];
  nationalPrefix(): string | 0 | undefined;
  type(name: string): { pattern(): string } | undefined;
}

function readPlan(country: string): Plan | undefined {
  if (!(country in metadata.countries)) return undefined;
  const reader = new Metadata(metadata);
  reader.selectNumberingPlan(country as CountryCode);
  const plan = reader.numberingPlan as unknown as FullPlan;
  const patterns = TYPES.flatMap((name) => plan.type(name)?.pattern() ?? []);
  return {
    lengths: new Set(plan.possibleLengths()),
    types: new RegExp(`^(?:${patterns.join('|')})$`),
    trunk: plan.nationalPrefix() || '',
    isNorthAmerican: plan.callingCode() === '1',
  };
}
