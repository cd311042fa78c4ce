import { number } from '../../data/report/html.ts';
import type { Estimate, Format } from './model.ts';

export const NOT_KNOWN = 'not known';
const MINUS = '−';
/** Below this, digits after the point say little: 1.20e−7. */
const TINY = 1e-6;
// Between a number and its unit no line breaks.
const SPACE = '\u00a0';

/** A value for people: a share as `77.1 %`, any other number with about four significant digits. */
export function spell(value: number | null | undefined, format: Format = 'number'): string {
  if (!isFinite(value)) return NOT_KNOWN;
  if (format === 'share') return percent(value);
  if (value !== 0 && Math.abs(value) < TINY) return value.toExponential(2).replaceAll('-', MINUS);
  return fixed(value, decimals([value]));
}

/** A difference with its sign: `+0.0210`, of shares `+2.1 points`; as many decimals as numbers `beside` it need. */
export function signed(
  value: number | null | undefined,
  format: Format = 'number',
  beside: readonly (number | null)[] = [],
): string {
  if (!isFinite(value)) return NOT_KNOWN;
  const text = difference(value, format, [value, ...beside]);
  return format === 'share' ? `${text}${SPACE}points` : text;
}

/** `0.771 (0.718 to 0.816)`; of shares `77.1 % (71.8 to 81.6)`. All three with equally many decimals. */
export function interval({ value, ci }: Estimate, format: Format = 'number'): string {
  if (!ci) return spell(value, format);
  if (!isFinite(value)) return NOT_KNOWN;
  const scale = format === 'share' ? 100 : 1;
  const digits = format === 'share' ? 1 : decimals([value, ...ci]);
  const [low, high] = ci.map((bound) => (isFinite(bound) ? fixed(bound * scale, digits) : NOT_KNOWN));
  return `${fixed(value * scale, digits)}${format === 'share' ? `${SPACE}%` : ''} (${low} to ${high})`;
}

/** `+0.0210 (−0.0040 to +0.0460)`; of shares in points. */
export function signedInterval({ value, ci }: Estimate, format: Format = 'number'): string {
  if (!ci || !isFinite(value)) return signed(value, format);
  const [low, high] = ci.map((bound) => (isFinite(bound) ? difference(bound, format, [value, ...ci]) : NOT_KNOWN));
  return `${difference(value, format, [value, ...ci])}${format === 'share' ? `${SPACE}points` : ''} (${low} to ${high})`;
}

/** A count, grouped by thousands. */
export const count = (value: number | null | undefined): string => (isFinite(value) ? number(value) : NOT_KNOWN);

/** A confidence or alpha as `95 %`, with the decimals it has. */
export const confidence = (value: number): string =>
  isFinite(value) ? `${+(value * 100).toFixed(3)}${SPACE}%` : NOT_KNOWN;

/** `3 h 12 min`, `4.2 s`. */
export function duration(seconds: number | null): string {
  if (!isFinite(seconds)) return NOT_KNOWN;
  if (seconds < 59.95) return `${+seconds.toFixed(1)}${SPACE}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${SPACE}min`;
  const rest = minutes % 60;
  return `${number(Math.floor(minutes / 60))}${SPACE}h${rest > 0 ? ` ${rest}${SPACE}min` : ''}`;
}

/** `$0.42`; cents have more digits where there is less. */
export function dollars(usd: number | null): string {
  if (!isFinite(usd)) return NOT_KNOWN;
  const digits = usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** Whether there is a number to show. */
export const isFinite = (value: number | null | undefined): value is number => Number.isFinite(value);

function percent(share: number): string {
  if (share > 0 && share < 0.0005) return `<${SPACE}0.1${SPACE}%`;
  return `${fixed(share * 100, 1)}${SPACE}%`;
}

/** Of the largest: 3 below 10, then so many that there are four digits. */
function decimals(values: readonly (number | null)[]): number {
  const finite = values.filter(isFinite).map(Math.abs);
  const largest = Math.max(0, ...finite);
  if (largest >= 1000) return 0;
  if (largest >= 100) return 1;
  if (largest >= 10) return 2;
  if (largest >= 0.1 || largest === 0) return 3;
  return Math.min(8, 2 - Math.floor(Math.log10(largest)));
}

function difference(value: number, format: Format, beside: readonly (number | null)[]): string {
  if (format === 'number') return sign(value, Math.max(3, decimals(beside)));
  const largest = Math.max(0, ...beside.filter(isFinite).map(Math.abs));
  return sign(value * 100, largest > 0 && largest < 0.001 ? 3 : 1);
}

const sign = (value: number, digits: number): string => {
  const text = fixed(value, digits);
  return value > 0 && Number(text.replaceAll(',', '')) !== 0 ? `+${text}` : text;
};

/** With a real minus, and none before nothing. */
function fixed(value: number, digits: number): string {
  if (Math.abs(value) >= 1e15) return value.toExponential(3).replace('-', MINUS);
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return /[1-9]/.test(text) ? text.replace('-', MINUS) : text.replace('-', '');
}
