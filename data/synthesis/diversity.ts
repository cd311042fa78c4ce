import { sample } from './seeds.ts';

/** How varied texts are. */
export interface Diversity {
  /** Texts that were looked at. */
  n: number;
  /** Share of different runs of one, two and three words among all of them, 0 to 1; null without any. Higher: more varied. */
  distinct: { 1: number | null; 2: number | null; 3: number | null };
  /** Mean BLEU of a text against all others of the sample, 0 to 1; null below two texts. Lower: more varied. */
  selfBleu: number | null;
  /** Texts in the sample of selfBleu. */
  sampled: number;
}

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** Both figures for some texts; they depend on how many texts there are, so compare like with like. */
export function diversityOf(texts: readonly string[], seed: number, most = 500): Diversity {
  // The same number of texts, however many there are: distinct-n falls as texts are added.
  const some = sample(texts, most, seed);
  const words = some.map(wordsOf);
  return {
    n: texts.length,
    distinct: { 1: distinctN(words, 1), 2: distinctN(words, 2), 3: distinctN(words, 3) },
    selfBleu: selfBleu(words),
    sampled: some.length,
  };
}

interface Uses {
  first: number;
  owner: number;
  second: number;
}

/** Different runs of n words over all of them (Li et al. 2016, "A Diversity-Promoting Objective Function"). */
export function distinctN(texts: readonly (readonly string[])[], n: number): number | null {
  const different = new Set<string>();
  let all = 0;
  for (const words of texts)
    for (const gram of gramsOf(words, n)) {
      different.add(gram);
      all++;
    }
  return all === 0 ? null : different.size / all;
}

/**
 * Mean BLEU-4 of each text with all others as references (Zhu et al. 2018, "Texygen"; BLEU as in Papineni et al.
 * 2002). Texts shorter than four words are compared by the runs that they have; a precision of 0 counts as
 * half a run (smoothing as in Chen and Cherry 2014, method 1 with ε = 0.5).
 */
export function selfBleu(texts: readonly (readonly string[])[]): number | null {
  const filled = texts.filter((words) => words.length > 0);
  if (filled.length < 2) return null;
  // The most often a run occurs in one text, and in any other: what a text is clipped to is the most of the others.
  const best = [1, 2, 3, 4].map((n) => {
    const table = new Map<string, Uses>();
    for (const [owner, words] of filled.entries())
      for (const [gram, count] of countsOf(words, n)) {
        const entry = table.get(gram);
        if (!entry) table.set(gram, { first: count, owner, second: 0 });
        else if (count > entry.first) table.set(gram, { first: count, owner, second: entry.first });
        else if (count > entry.second) entry.second = count;
      }
    return table;
  });
  const lengths = filled.map((words) => words.length);
  let sum = 0;
  for (const [i, words] of filled.entries()) {
    let logs = 0;
    const orders = Math.min(4, words.length);
    for (let n = 1; n <= orders; n++) {
      let matched = 0;
      for (const [gram, count] of countsOf(words, n)) {
        const { first, owner, second } = (best[n - 1] as (typeof best)[number]).get(gram) as Uses;
        matched += Math.min(count, owner === i ? second : first);
      }
      logs += Math.log(Math.max(matched, 0.5) / (words.length - n + 1));
    }
    sum += brevity(words.length, nearestLength(lengths, i)) * Math.exp(logs / orders);
  }
  return sum / filled.length;
}

const brevity = (length: number, reference: number): number =>
  length >= reference ? 1 : Math.exp(1 - reference / length);

/** Length of another text that is nearest to that of text i; of two as near, the shorter. */
function nearestLength(lengths: readonly number[], i: number): number {
  const own = lengths[i] as number;
  let best = Infinity;
  for (const [j, length] of lengths.entries()) {
    if (j === i) continue;
    const [gap, least] = [Math.abs(length - own), Math.abs(best - own)];
    if (gap < least || (gap === least && length < best)) best = length;
  }
  return best;
}

function* gramsOf(words: readonly string[], n: number): Generator<string> {
  for (let i = 0; i + n <= words.length; i++) yield words.slice(i, i + n).join(' ');
}

function countsOf(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const gram of gramsOf(words, n)) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  return counts;
}

/** Rows of a class before and after. */
export interface Coverage {
  label: string;
  before: number;
  added: number;
  after: number;
}

/** How many rows each class had, got and has, in order of name. */
export function coverageOf(before: ReadonlyMap<string, number>, added: ReadonlyMap<string, number>): Coverage[] {
  return [...new Set([...before.keys(), ...added.keys()])].toSorted().map((label) => {
    const had = before.get(label) ?? 0;
    const got = added.get(label) ?? 0;
    return { label, before: had, added: got, after: had + got };
  });
}
