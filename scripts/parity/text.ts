import { corpusBleu, sentenceBleu, type BleuOptions } from '../../metrics/text/bleu.ts';
import { corpusChrf, sentenceChrf, type ChrfOptions } from '../../metrics/text/chrf.ts';
import { corpusTer, sentenceTer, type TerOptions } from '../../metrics/text/ter.ts';
import { TOKENIZERS, type Tokenizer } from '../../metrics/text/tokenizers/tokenize.ts';
import { attempt, type Parity, type Tolerance } from './compare.ts';
import type { Corpus, Pair } from './read.ts';

/** Points of 100: what is asked of us, whatever the file's rounding. */
const AGREED = 1e-6;

/**
 * How far scores may be from those of the file: half a unit of the last decimal that the file keeps, so that no
 * changed digit is missed, or what is agreed, where the file does not say or keeps fewer.
 */
export function textTolerance(rounding: unknown): { absolute: number } {
  const decimals = typeof rounding === 'string' ? /^(\d{1,2}) decimals\b/.exec(rounding)?.[1] : undefined;
  return { absolute: decimals === undefined ? AGREED : Math.min(AGREED, 0.51 * 10 ** -Number(decimals)) };
}

/** Compares `sentence_bleu`, `chrf` and `ter` of one pair. */
export function comparePairText(pair: Pair, where: string, parity: Parity, tolerance: Tolerance): void {
  const { hyp, refs, fields } = pair;
  const each = <Options>(
    name: string,
    optionsOf: (variant: string) => Options | null,
    score: (options: Options) => { score: number },
  ): void =>
    variants(fields[name], `pairs.${name}`, where, parity, optionsOf, (options, expected, section, at) =>
      parity.same(
        section,
        at,
        attempt(() => score(options).score),
        expected,
        tolerance,
      ),
    );
  each('sentence_bleu', bleuOptions, (options) => sentenceBleu(hyp, refs, options));
  each('chrf', chrfOptions, (options) => sentenceChrf(hyp, refs, options));
  each('ter', terOptions, (options) => sentenceTer(hyp, refs, options));
}

/** Compares `bleu`, `chrf` and `ter` of one corpus. */
export function compareCorpusText(
  corpus: Corpus,
  pairs: ReadonlyMap<number, Pair>,
  where: string,
  parity: Parity,
  tolerance: Tolerance,
): void {
  const items = corpus.segments.map((id) => pairs.get(id)!);
  const hyps = items.map((item) => item.hyp);
  const refs = items.map((item) => (corpus.numRefs === 'var' ? item.refs : item.refs.slice(0, corpus.numRefs)));
  const each = <Options>(
    name: string,
    optionsOf: (variant: string) => Options | null,
    names: Readonly<Record<string, string>>,
    score: (options: Options) => object,
  ): void =>
    variants(corpus.fields[name], `corpora.${name}`, where, parity, optionsOf, (options, expected, section, at) => {
      const found = attempt(() => score(options));
      const handlers = Object.entries(names).map(([field, ours]) => {
        const value = found instanceof Error ? found : (found as Record<string, unknown>)[ours];
        const compare = (given: unknown): void =>
          parity.same(`${section}.${field}`, `${at}.${field}`, value, given, tolerance);
        return [field, compare] as const;
      });
      parity.fields(at, expected, Object.fromEntries(handlers));
    });
  each('bleu', bleuOptions, BLEU_FIELDS, (options) => corpusBleu(hyps, refs, options));
  each('chrf', chrfOptions, { score: 'score', signature: 'signature' }, (options) => corpusChrf(hyps, refs, options));
  each('ter', terOptions, TER_FIELDS, (options) => corpusTer(hyps, refs, options));
}

/** sacrebleu's names and ours. */
const BLEU_FIELDS = {
  score: 'score',
  precisions: 'precisions',
  bp: 'brevityPenalty',
  sys_len: 'predictionLength',
  ref_len: 'referenceLength',
  counts: 'counts',
  totals: 'totals',
  signature: 'signature',
};
const TER_FIELDS = { score: 'score', num_edits: 'edits', ref_length: 'referenceLength', signature: 'signature' };

/** Compares every variant of a metric that a node has, under its options; a name that says nothing is unknown. */
function variants<Options>(
  node: unknown,
  path: string,
  where: string,
  parity: Parity,
  optionsOf: (variant: string) => Options | null,
  compare: (options: Options, expected: unknown, section: string, at: string) => void,
): void {
  if (node === undefined) return;
  const name = path.slice(path.indexOf('.') + 1);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    parity.unknown.push(`${where}.${name}: expected an object`);
    return;
  }
  for (const [variant, expected] of Object.entries(node)) {
    const options = optionsOf(variant);
    if (options) compare(options, expected, `${path}.${variant}`, `${where}.${name}.${variant}`);
    else parity.unknown.push(`${where}.${name}.${variant}`);
  }
}

/** The options that a name like `13a_lc` stands for: a base, and words that each add one; null: it stands for none. */
function named<Options>(
  variant: string,
  base: (name: string) => Options | null,
  words: Readonly<Record<string, Options>>,
  numbered: (letter: string, value: number) => Options | null = () => null,
): Options | null {
  const [first = '', ...rest] = variant.split('_');
  let options = base(first);
  for (const word of rest) {
    const number = /^([a-z])(\d{1,3})$/.exec(word);
    const added = Object.hasOwn(words, word) ? words[word] : number ? numbered(number[1]!, Number(number[2])) : null;
    options = options && added ? { ...options, ...added } : null;
  }
  return options;
}

const bleuOptions = (variant: string): BleuOptions | null =>
  named<BleuOptions>(
    variant,
    (name) => (Object.hasOwn(TOKENIZERS, name) ? { tokenize: name as Tokenizer } : null),
    {
      none: { smoothing: 'none' },
      floor: { smoothing: 'floor' },
      addk: { smoothing: 'add-k' },
      exp: { smoothing: 'exp' },
      lc: { lowercase: true },
    },
    (letter, value) => (letter === 'n' ? { maxOrder: value } : null),
  );

const chrfOptions = (variant: string): ChrfOptions | null =>
  named<ChrfOptions>(
    variant,
    (name) => (name === 'chrf' ? {} : name === 'chrfpp' ? { wordOrder: 2 } : null),
    { ws: { whitespace: true }, lc: { lowercase: true }, eps: { epsSmoothing: true } },
    (letter, value) => (letter === 'b' ? { beta: value } : null),
  );

const terOptions = (variant: string): TerOptions | null =>
  named<TerOptions>(variant, (name) => (name === 'ter' ? {} : null), {
    norm: { normalized: true },
    case: { caseSensitive: true },
    nopunct: { noPunct: true },
    asian: { asianSupport: true },
  });
