import { exactMatch } from '../exact-match.ts';
import type { Metric, MetricItem, Score } from '../metric.ts';
import { bleuOf, bleuSignature, bleuStatistics, type BleuOptions } from '../text/bleu.ts';
import { charRougeMulti, type CharRougeType } from '../text/char-rouge.ts';
import { chrfOf, chrfSignature, chrfStatistics } from '../text/chrf.ts';
import { referenceCount } from '../text/references.ts';
import { ROUGE_SCORE, rougeMulti, type RougeType } from '../text/rouge.ts';
import { terOf, terSignature, terStatistics, type TerOptions } from '../text/ter.ts';
import { TOKENIZERS, type Tokenizer } from '../text/tokenizers/tokenize.ts';
import { tokenF1 } from '../token-f1.ts';
import { meanMetric, NO_REFERENCE, pooled, pooledMetric, referencesOf } from './kinds.ts';
import { choice, flag, number, readOptions, whole } from './options.ts';

type Make = (spec: string, written: ReadonlyMap<string, string>) => Metric;

/** As an answer counts: none is an empty one. */
const answered = ({ prediction }: MetricItem): string => prediction ?? '';

const measured = (item: MetricItem, of: () => number): Score =>
  referencesOf(item).length === 0 ? { value: null, why: NO_REFERENCE } : { value: of() };

const countOf = (items: readonly MetricItem[]): ReturnType<typeof referenceCount> =>
  referenceCount(items.map(referencesOf));

/** Statistics of each item, made once: its score is made of them, and the summary of all items is, too. */
function once(of: (item: MetricItem) => Float64Array): (item: MetricItem) => Float64Array {
  const known = new WeakMap<MetricItem, Float64Array>();
  return (item) => {
    let found = known.get(item);
    if (!found) known.set(item, (found = of(item)));
    return found;
  };
}

const bleu: Make = (spec, written) => {
  const { tokenize, smooth, smoothValue, lowercase, maxOrder, effectiveOrder } = readOptions(spec, written, {
    tokenize: choice(Object.keys(TOKENIZERS) as Tokenizer[]),
    smooth: choice(['none', 'floor', 'add-k', 'exp'] as const),
    smoothValue: number(0, Number.MAX_VALUE),
    lowercase: flag,
    maxOrder: whole(1, 16),
    effectiveOrder: flag,
  });
  const options: BleuOptions = {
    ...(tokenize === undefined ? {} : { tokenize }),
    ...(smooth === undefined ? {} : { smoothing: smooth }),
    ...(smoothValue === undefined ? {} : { smoothingValue: smoothValue }),
    ...(lowercase === undefined ? {} : { lowercase }),
    ...(maxOrder === undefined ? {} : { maxOrder }),
  };
  const corpus = effectiveOrder === undefined ? options : { ...options, effectiveOrder };
  const sentence = { ...options, effectiveOrder: true };
  const statistics = once((item) => bleuStatistics(answered(item), referencesOf(item), options));
  return pooledMetric<Float64Array>(
    { spec, range: [0, 100], better: 'higher' },
    {
      score: (item) => measured(item, () => bleuOf(statistics(item), sentence).score),
      statistics,
      value: (items) => bleuOf(pooled(items), corpus).score,
      signature: (items) => bleuSignature(corpus, countOf(items)),
    },
  );
};

const chrf =
  (wordOrder?: number): Make =>
  (spec, written) => {
    const read = readOptions(spec, written, {
      charOrder: whole(1, 16),
      wordOrder: whole(0, 16),
      beta: whole(1, 100),
      whitespace: flag,
      lowercase: flag,
      epsSmoothing: flag,
    });
    const options = { ...(wordOrder === undefined ? {} : { wordOrder }), ...read };
    const statistics = once((item) => chrfStatistics(answered(item), referencesOf(item), options));
    return pooledMetric<Float64Array>(
      { spec, range: [0, 100], better: 'higher' },
      {
        score: (item) => measured(item, () => chrfOf(statistics(item), options).score),
        statistics,
        value: (items) => chrfOf(pooled(items), options).score,
        signature: (items) => chrfSignature(options, countOf(items)),
      },
    );
  };

const ter: Make = (spec, written) => {
  const options = readOptions(spec, written, {
    normalized: flag,
    caseSensitive: flag,
    noPunct: flag,
    asianSupport: flag,
  }) as TerOptions;
  const statistics = once((item) => terStatistics(answered(item), referencesOf(item), options));
  return pooledMetric<Float64Array>(
    { spec, range: [0, 100], better: 'lower' },
    {
      // Of an empty answer to an empty reference nothing need be edited, but no answer is none.
      score: (item) => measured(item, () => (item.prediction === null ? 100 : terOf(statistics(item), options).score)),
      statistics,
      value: (items) => terOf(pooled(items), options).score,
      signature: (items) => terSignature(options, countOf(items)),
    },
  );
};

const rouge =
  (type: RougeType): Make =>
  (spec, written) => {
    const { stemmer = false } = readOptions(spec, written, { stemmer: flag });
    const signature = `${type}|stem:${stemmer ? 'yes' : 'no'}|score:f1|multi:best|rouge_score:${ROUGE_SCORE}`;
    return meanMetric(
      { spec, range: [0, 1], better: 'higher', isBinary: false, signature },
      (prediction, references) => rougeMulti(prediction, references, { stemmer, types: [type] })[type].f1,
    );
  };

const charRouge =
  (type: CharRougeType): Make =>
  (spec, written) => {
    readOptions(spec, written, {});
    const signature = `${type}|tokens:characters|score:f1|multi:best`;
    return meanMetric(
      { spec, range: [0, 1], better: 'higher', isBinary: false, signature },
      (prediction, references) => charRougeMulti(prediction, references, [type])[type].f1,
    );
  };

const exact: Make = (spec, written) => {
  const { strict = false } = readOptions(spec, written, { strict: flag });
  const isEqual = strict
    ? (a: string, b: string): boolean => a === b
    : (a: string, b: string): boolean => exactMatch(a, b) === 1;
  const signature = `exactMatch|fold:${strict ? 'none' : 'nfkc,space,case'}|multi:any`;
  return meanMetric({ spec, range: [0, 1], better: 'higher', isBinary: true, signature }, (prediction, references) =>
    references.some((reference) => isEqual(prediction, reference)) ? 1 : 0,
  );
};

const overlap: Make = (spec, written) => {
  readOptions(spec, written, {});
  return meanMetric(
    { spec, range: [0, 1], better: 'higher', isBinary: false, signature: 'tokenF1|fold:nfkc,case|multi:best' },
    (prediction, references) => Math.max(...references.map((reference) => tokenF1(prediction, reference))),
  );
};

/** Metrics that compare texts. */
export const TEXT = {
  exactMatch: exact,
  tokenF1: overlap,
  bleu,
  chrf: chrf(),
  'chrf++': chrf(2),
  ter,
  rouge1: rouge('rouge1'),
  rouge2: rouge('rouge2'),
  rougeL: rouge('rougeL'),
  rougeLsum: rouge('rougeLsum'),
  charRouge1: charRouge('charRouge1'),
  charRouge2: charRouge('charRouge2'),
  charRougeL: charRouge('charRougeL'),
} satisfies Record<string, Make>;
