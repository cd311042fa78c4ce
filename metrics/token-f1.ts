/**
 * F1 of the words (runs of letters, marks and digits, case folded) that answer and reference share, counted
 * with repeats: 2PR / (P + R). Both empty: 1; one empty: 0. As in the evaluation of SQuAD
 * (Rajpurkar et al. 2016, arXiv 1606.05250), but without dropping articles, which is English only.
 */
export function tokenF1(prediction: string, reference: string): number {
  const answered = words(prediction);
  const expected = words(reference);
  if (answered.length === 0 || expected.length === 0) return answered.length === expected.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of answered) {
    const count = left.get(word) ?? 0;
    if (count > 0) shared += 1;
    left.set(word, count - 1);
  }
  if (shared === 0) return 0;
  const precision = shared / answered.length;
  const recall = shared / expected.length;
  return (2 * precision * recall) / (precision + recall);
}

const words = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
