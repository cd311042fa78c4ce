import { rouge, rougeMulti, ROUGE_TYPES, type RougeScore, type RougeType } from '../../metrics/text/rouge.ts';
import { attempt, type Parity, type Tolerance } from './compare.ts';
import type { Pair } from './read.ts';

interface RougePair {
  hyp: string;
  refs: readonly (string | null)[];
  rouge?: unknown;
  rouge_multi_f?: unknown;
}

interface RougeCorpus {
  num_refs: number | 'var';
  segments: readonly number[];
  rouge_mean_f_stem?: unknown;
}

/** Compares `rouge` (against the first reference) and `rouge_multi_f` (best reference, with stems) of one pair. */
export function comparePairRouge(pair: RougePair, where: string, parity: Parity, tolerance: Tolerance): void {
  const { hyp, refs } = pair;
  const first = refs[0] ?? '';
  const given = refs.filter((reference) => reference !== null);
  if (pair.rouge !== undefined) {
    const variant = (stemmer: boolean) => (expected: unknown) => {
      const name = stemmer ? 'stem' : 'nostem';
      byType(expected, `pairs.rouge.${name}`, `${where}.rouge.${name}`, parity, tolerance, () => {
        const scores = rouge(hyp, first, { stemmer });
        return (type) => tripleOf(scores[type]);
      });
    };
    parity.fields(`${where}.rouge`, pair.rouge, { nostem: variant(false), stem: variant(true) });
  }
  if (pair.rouge_multi_f !== undefined)
    byType(pair.rouge_multi_f, 'pairs.rouge_multi_f', `${where}.rouge_multi_f`, parity, tolerance, () => {
      const scores = rougeMulti(hyp, given, { stemmer: true });
      return (type) => scores[type].f1;
    });
}

/** Compares `rouge_mean_f_stem` of one corpus: the mean over its segments of the F1 against the first reference. */
export function compareCorpusRouge(
  corpus: RougeCorpus,
  pairs: ReadonlyMap<number, Pair>,
  where: string,
  parity: Parity,
  tolerance: Tolerance,
): void {
  if (corpus.rouge_mean_f_stem === undefined) return;
  byType(corpus.rouge_mean_f_stem, 'corpora.rouge_mean_f_stem', `${where}.rouge_mean_f_stem`, parity, tolerance, () => {
    const scores = corpus.segments.map((id) => {
      const { hyp, refs } = pairs.get(id) as Pair;
      return rouge(hyp, refs[0] ?? '', { stemmer: true });
    });
    return (type) => scores.reduce((sum, score) => sum + score[type].f1, 0) / scores.length;
  });
}

function byType(
  expected: unknown,
  section: string,
  where: string,
  parity: Parity,
  tolerance: Tolerance,
  compute: () => (type: RougeType) => unknown,
): void {
  const found = attempt(compute) as Error | ((type: RougeType) => unknown);
  const handlers = ROUGE_TYPES.map((type) => {
    const compare = (value: unknown): void =>
      parity.same(
        `${section}.${type}`,
        `${where}.${type}`,
        found instanceof Error ? found : found(type),
        value,
        tolerance,
      );
    return [type, compare] as const;
  });
  parity.fields(where, expected, Object.fromEntries(handlers));
}

const tripleOf = ({ precision, recall, f1 }: RougeScore): number[] => [precision, recall, f1];
