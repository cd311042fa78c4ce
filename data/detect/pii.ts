import { findCards, findIbans } from './account.ts';
import { digitRuns } from './digits.ts';
import { findEmails } from './email.ts';
import { findIps } from './ip.ts';
import { findNationalIds } from './national-id.ts';
import { findPhones } from './phone.ts';
import type { Span } from './span.ts';
import { replaceAll, withoutOverlaps } from './span.ts';

export const PII_KINDS = ['email', 'phone', 'iban', 'card', 'nationalId', 'ip'] as const;
export type PiiKind = (typeof PII_KINDS)[number];

export interface PiiOptions {
  /** What is looked for, default everything. */
  kinds?: readonly PiiKind[] | undefined;
  /** Whose phone numbers without `+` and whose national ids are looked for: ISO 3166 codes. */
  countries: readonly string[];
  /** The key that the text is the value of, such as `ssn`: it counts as a word nearby. */
  context?: string | undefined;
}

const PLACEHOLDERS: Record<PiiKind, string> = {
  email: '[EMAIL]',
  phone: '[PHONE]',
  iban: '[IBAN]',
  card: '[CARD]',
  nationalId: '[ID]',
  ip: '[IP]',
};

// A British NINO has the fewest digits, six.
const SOME_DIGITS = /\d(?:\D{0,4}\d){5}/;
const DOTTED = /\d\.\d{1,3}\.\d/;

/**
 * Personal data in a text, in order, without overlaps (the longest wins): patterns that check out, not a
 * judgement. Only plain digits 0-9 are read; time is linear in the length of the text.
 */
export function findPii(text: string, options: PiiOptions): Span<PiiKind>[] {
  const { kinds = PII_KINDS, countries, context = '' } = options;
  const spans: Span<PiiKind>[] = [];
  const add = (found: Span<PiiKind>[]): void => {
    for (const span of found) spans.push(span);
  };
  if (kinds.includes('email') && text.includes('@')) add(findEmails(text));
  if (kinds.includes('ip') && (DOTTED.test(text) || text.includes(':'))) add(findIps(text));
  if (SOME_DIGITS.test(text)) {
    if (kinds.includes('iban')) add(findIbans(text));
    // Before phones: of two readings of the same digits the one that has check digits is taken.
    if (kinds.includes('nationalId')) add(findNationalIds(text, countries, context));
    if (kinds.includes('card') || kinds.includes('phone')) {
      const runs = digitRuns(text);
      if (kinds.includes('card')) add(findCards(text, runs));
      if (kinds.includes('phone')) add(findPhones(text, runs, countries, context));
    }
  }
  return withoutOverlaps(spans);
}

/** The text with `[EMAIL]`, `[PHONE]` and so on where personal data was; in the result nothing more is found. */
export function redactPii(text: string, options: PiiOptions): string {
  return replaceAll(
    text,
    (current) => findPii(current, options),
    (kind) => PLACEHOLDERS[kind],
  );
}
