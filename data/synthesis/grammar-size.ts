import type { Alternative } from './grammar-file.ts';
import type { Piece } from './grammar-text.ts';

/**
 * How many choices the shortest way through each rule takes; rules without an end are not in it. The smallest
 * is always final and settles what is left of others (Knuth 1977, "A Generalization of Dijkstra's Algorithm").
 */
export function sizesOf(
  rules: ReadonlyMap<string, Alternative[]>,
  names: ReadonlyMap<string, string>,
): Map<string, number> {
  const sizes = new Map<string, number>();
  const ready = new Map<string, number>();
  const users = new Map<string, { rule: string; alternative: Alternative; open: number }[]>();
  const offer = (rule: string, size: number): void => {
    if (!sizes.has(rule)) ready.set(rule, Math.min(size, ready.get(rule) ?? Infinity));
  };
  for (const [rule, alternatives] of rules) {
    // A rule whose alternatives could not be read is told for that alone.
    if (alternatives.length === 0) offer(rule, 1);
    for (const alternative of alternatives) {
      const needs = new Set(targetsOf(alternative.pieces, names).filter((target) => rules.has(target)));
      const use = { rule, alternative, open: needs.size };
      if (needs.size === 0) offer(rule, 1 + sizeOf(alternative, rules, names, sizes));
      for (const target of needs) {
        const list = users.get(target);
        if (list) list.push(use);
        else users.set(target, [use]);
      }
    }
  }
  while (ready.size > 0) {
    let [rule, size] = ['', Infinity];
    for (const [name, found] of ready) if (rule === '' || found < size) [rule, size] = [name, found];
    ready.delete(rule);
    sizes.set(rule, size);
    for (const use of users.get(rule) ?? [])
      if (--use.open === 0) offer(use.rule, 1 + sizeOf(use.alternative, rules, names, sizes));
  }
  return sizes;
}

const targetsOf = (pieces: readonly Piece[], names: ReadonlyMap<string, string>): string[] =>
  pieces.flatMap((piece) => (piece.kind === 'text' ? [] : [names.get(piece.word) ?? piece.word]));

/** Choices that an alternative takes at the least. What is unknown, and told elsewhere, counts as one. */
export function sizeOf(
  { pieces }: Alternative,
  rules: ReadonlyMap<string, Alternative[]>,
  names: ReadonlyMap<string, string>,
  sizes: ReadonlyMap<string, number>,
): number {
  let sum = 0;
  for (const piece of pieces) {
    if (piece.kind === 'text') continue;
    const rule = names.get(piece.word) ?? piece.word;
    sum += rules.has(rule) ? (sizes.get(rule) ?? Infinity) : 1;
  }
  return sum;
}
