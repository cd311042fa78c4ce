/**
 * Cosine of two embeddings, in [−1, 1]; null where one has no direction or a number is missing. The vectors come from a
 * model, which has to be the same for both.
 *
 * @throws RangeError when they differ in length.
 */
export function embeddingSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (a.length !== b.length)
    throw new RangeError(`embeddings of ${a.length} and ${b.length} numbers are of two models: take both from one`);
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  const cosine = dot / (Math.sqrt(lengthA) * Math.sqrt(lengthB));
  return Number.isFinite(cosine) ? Math.max(-1, Math.min(1, cosine)) : null;
}
