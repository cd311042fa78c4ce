/**
 * At most `most` of a list: the first, the last, and evenly between.
 *
 * @param keep One that has to be among them: it takes the place of its nearest neighbour.
 */
export function evenly<T>(list: readonly T[], most: number, keep?: (item: T) => boolean): T[] {
  if (list.length <= most) return [...list];
  if (most <= 1) return list.slice(-1);
  const step = (list.length - 1) / (most - 1);
  const places = Array.from({ length: most }, (_, at) => Math.round(at * step));
  const kept = keep ? list.findIndex((item) => keep(item)) : -1;
  if (kept >= 0 && !places.includes(kept)) {
    const inner = places.slice(1, -1);
    const nearest = inner.toSorted((a, b) => Math.abs(a - kept) - Math.abs(b - kept))[0] ?? places[0];
    places[places.indexOf(nearest as number)] = kept;
  }
  return places.map((place) => list[place] as T);
}
