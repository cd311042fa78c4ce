/**
 * Refuses what is not a list of finite numbers of a least length.
 *
 * @throws RangeError that names `what`, the place and the value.
 */
export function checkNumbers(what: string, values: ArrayLike<number>, least = 1): void {
  if (values.length < least)
    throw new RangeError(`${what} needs at least ${least} ${least === 1 ? 'value' : 'values'}, got ${values.length}`);
  for (let i = 0; i < values.length; i += 1)
    if (!Number.isFinite(values[i])) throw new RangeError(`${what} needs finite numbers, got ${values[i]} at ${i}`);
}

/**
 * Refuses two lists that are not paired.
 *
 * @throws RangeError that names `what` and both lengths.
 */
export function checkSameLength(what: string, a: ArrayLike<unknown>, b: ArrayLike<unknown>): void {
  if (a.length !== b.length)
    throw new RangeError(`${what} needs lists of equal length, got ${a.length} and ${b.length}`);
}

/**
 * Refuses two lists of numbers that are not paired or not finite.
 *
 * @throws RangeError that names `what`.
 */
export function checkPaired(what: string, x: ArrayLike<number>, y: ArrayLike<number>, least = 1): void {
  checkSameLength(what, x, y);
  checkNumbers(what, x, least);
  checkNumbers(what, y, least);
}

/**
 * Refuses a probability that is not strictly between 0 and 1.
 *
 * @throws RangeError that names `what`.
 */
export function checkOpen(what: string, p: number): void {
  if (!(p > 0 && p < 1)) throw new RangeError(`${what} must be above 0 and below 1, got ${p}`);
}

/**
 * Refuses a probability that is not from 0 to 1.
 *
 * @throws RangeError that names `what`.
 */
export function checkClosed(what: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${what} must be from 0 to 1, got ${p}`);
}

/**
 * Refuses a count that is not a whole number from `least` to `most`.
 *
 * @throws RangeError that names `what`.
 */
export function checkCount(what: string, count: number, least = 0, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(count) || count < least || count > most)
    throw new RangeError(
      `${what} must be a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}, got ${count}`,
    );
}
