/** Longer answers are not tested: a pattern may take time that grows faster than the text. */
const LONGEST = 100_000;

/**
 * A test of whether a pattern occurs in an answer.
 * @throws SyntaxError for a pattern that is none (JavaScript, flag u).
 */
export function patternTest(pattern: string): (prediction: string) => 0 | 1 {
  const expression = new RegExp(pattern, 'u');
  return (prediction) => {
    if (prediction.length > LONGEST)
      throw new RangeError(
        `the answer has ${prediction.length} characters, and patterns are tested on ${LONGEST} at most`,
      );
    return expression.test(prediction) ? 1 : 0;
  };
}
