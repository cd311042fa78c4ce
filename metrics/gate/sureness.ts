/** The confidence 1 − alpha in words, e.g. `95 %`: with as many digits as keep it from being rounded to certainty. */
export function sureness(alpha: number): string {
  const digits = alpha > 0 ? Math.max(2, Math.ceil(-Math.log10(100 * alpha))) : 0;
  return `${+(100 * (1 - alpha)).toFixed(Math.min(digits, 13))} %`;
}
