import type { Parity } from './compare.ts';
import type { Vectors } from './read.ts';
import { compareCorpusRouge, comparePairRouge } from './rouge.ts';
import { compareStats } from './stats.ts';
import { compareCorpusText, comparePairText, textTolerance } from './text.ts';

/** Shares of 1: what is asked of ROUGE, whatever the file's rounding. */
const ROUGE_AGREED = 1e-8;

/** Fields of a pair and of a corpus that are compared; each has its handler below. */
const PAIR_FIELDS = ['sentence_bleu', 'chrf', 'ter', 'rouge', 'rouge_multi_f'];
const CORPUS_FIELDS = ['bleu', 'chrf', 'ter', 'rouge_mean_f_stem'];

/** Computes all that a file of vectors has the results of, and compares. */
export function compareVectors(vectors: Vectors, parity: Parity): void {
  parity.unknown.push(...vectors.others);
  checkHeader(vectors.header, parity);
  const tolerance = textTolerance((vectors.header as { rounding?: unknown }).rounding);
  const close = { absolute: Math.min(ROUGE_AGREED, tolerance.absolute) };
  for (const [id, pair] of vectors.pairs) {
    const where = `pairs[${id}]`;
    parity.fields(where, pair.fields, ignoring(PAIR_FIELDS));
    comparePairText(pair, where, parity, tolerance);
    comparePairRouge({ hyp: pair.hyp, refs: pair.refs, ...pair.fields }, where, parity, close);
  }
  for (const [i, corpus] of vectors.corpora.entries()) {
    const where = `corpora[${i}]`;
    parity.fields(where, corpus.fields, ignoring(CORPUS_FIELDS));
    compareCorpusText(corpus, vectors.pairs, where, parity, tolerance);
    compareCorpusRouge(
      { num_refs: corpus.numRefs, segments: corpus.segments, ...corpus.fields },
      vectors.pairs,
      where,
      parity,
      close,
    );
  }
  if (vectors.stats !== undefined) compareStats(vectors.stats, parity);
}

/** The header holds no results, only texts about them (and a seed): other versions of the references are no error. */
function checkHeader(header: unknown, parity: Parity): void {
  const text = (path: string) => (value: unknown) => {
    if (typeof value !== 'string') parity.unknown.push(`${path}: expected a text`);
  };
  const texts = (path: string) => (value: unknown) => {
    if (typeof value !== 'object' || value === null) parity.unknown.push(`${path}: expected an object`);
    else for (const [key, entry] of Object.entries(value)) text(`${path}.${key}`)(entry);
  };
  parity.fields('header', header, {
    set: text('header.set'),
    python: text('header.python'),
    text_source: text('header.text_source'),
    rounding: text('header.rounding'),
    versions: texts('header.versions'),
    calls: texts('header.calls'),
    seed: (value: unknown) => {
      if (typeof value !== 'number') parity.unknown.push('header.seed: expected a number');
    },
  });
}

/** Handlers that accept fields by name: others look into them. */
const ignoring = (names: readonly string[]): Record<string, (value: never) => void> =>
  Object.fromEntries(names.map((name) => [name, () => undefined]));
