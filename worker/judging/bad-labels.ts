/** Something wrong with labels or the way they were asked for; its message names the place and the remedy. */
export class BadLabels extends Error {
  override readonly name = 'BadLabels';
}
