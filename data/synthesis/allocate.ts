/**
 * Whole numbers that add up to `count`, as near to the weights as can be (largest remainder; ties go to the
 * first). Weights of 0 get nothing; when all are 0, everybody gets the same.
 */
export function apportion(count: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length === 0) return [];
  if (total <= 0) {
    const even = weights.map(() => 1);
    return apportion(count, even);
  }
  const exact = weights.map((weight) => (count * weight) / total);
  const shares = exact.map(Math.floor);
  let left = count - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((share, i) => ({ i, remainder: share - Math.floor(share) }))
    .filter(({ i }) => (weights[i] as number) > 0)
    .toSorted((a, b) => b.remainder - a.remainder || a.i - b.i);
  for (let next = 0; left > 0; next = (next + 1) % byRemainder.length, left--)
    shares[(byRemainder[next] as { i: number }).i] = (shares[(byRemainder[next] as { i: number }).i] as number) + 1;
  return shares;
}

/**
 * Whole numbers that add up to `count` and lift the lowest levels first, so that all of them end as even as can
 * be: water poured into a vessel with an uneven floor.
 */
export function levelUp(count: number, levels: readonly number[]): number[] {
  const order = levels.map((level, i) => ({ level, i })).toSorted((a, b) => a.level - b.level || a.i - b.i);
  const given = levels.map(() => 0);
  if (order.length === 0) return given;
  // How many of the lowest can be brought up to one level with what there is.
  let many = 1;
  let poured = 0;
  while (many < order.length) {
    const cost = ((order[many]?.level as number) - (order[many - 1]?.level as number)) * many;
    if (poured + cost > count) break;
    poured += cost;
    many++;
  }
  const surface = (order[many - 1]?.level as number) + Math.floor((count - poured) / many);
  let rest = (count - poured) % many;
  for (const { level, i } of order.slice(0, many)) {
    given[i] = surface - level + (rest > 0 ? 1 : 0);
    rest = Math.max(0, rest - 1);
  }
  return given;
}

/**
 * How many rows each class shall get: `failureShare` of the count in proportion to the failures, the rest to
 * the thinnest classes until they are level. Without failures all goes by thinness. Classes in order of name.
 */
export function fillGaps(
  count: number,
  labels: ReadonlyMap<string, number>,
  failures: ReadonlyMap<string, number>,
  failureShare: number,
): Map<string, number> {
  const names = [...new Set([...labels.keys(), ...failures.keys()])].toSorted();
  if (names.length === 0) return new Map();
  const missed = names.map((name) => Math.max(0, failures.get(name) ?? 0));
  const forFailures = missed.some((n) => n > 0) ? Math.round(count * failureShare) : 0;
  const byFailure = apportion(forFailures, missed);
  const levels = names.map((name, i) => (labels.get(name) ?? 0) + (byFailure[i] as number));
  const byThinness = levelUp(count - forFailures, levels);
  return new Map(names.map((name, i) => [name, (byFailure[i] as number) + (byThinness[i] as number)]));
}
