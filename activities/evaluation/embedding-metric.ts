import type { Embedder } from '../../adapters/contracts.ts';
import { EMBEDDING_SIMILARITY } from '../../configs/metric-names.ts';
import { embeddingSimilarity } from '../../metrics/embedding-similarity.ts';
import { mean } from '../../metrics/intervals.ts';
import type { Metric, MetricItem, Score } from '../../metrics/metric.ts';

const RANGE = [-1, 1] as const;
/** Longer texts are cut: no embedding model reads more. */
const LONGEST = 30_000;

/**
 * Cosine of answer and reference by a model's embeddings, the best of several references. Every text is embedded once,
 * in batches, before the first item is scored.
 *
 * @param items All items that will be scored.
 * @throws what the embedder throws.
 */
export async function embeddingMetric(
  embedder: Embedder,
  items: readonly MetricItem[],
  { batchSize, model, signal }: { batchSize: number; model: string; signal: AbortSignal },
): Promise<Metric> {
  const texts = [
    ...new Set(
      items
        .flatMap(({ prediction, references }) => [...(prediction === null ? [] : [prediction]), ...references])
        .map(cut),
    ),
  ].filter((text) => text.trim() !== '');
  const vectors = new Map<string, number[]>();
  for (let from = 0; from < texts.length; from += batchSize) {
    const batch = texts.slice(from, from + batchSize);
    const found = await embedder.embed(batch, signal);
    batch.forEach((text, i) => vectors.set(text, found[i] as number[]));
  }
  const score = ({ prediction, references }: MetricItem): Score => {
    if (references.length === 0) return { value: null, why: 'the row has no reference' };
    if (prediction === null || prediction.trim() === '') return { value: RANGE[0], why: 'no answer' };
    const answer = vectors.get(cut(prediction));
    const cosines = references.flatMap((reference) => {
      const expected = vectors.get(cut(reference));
      const cosine = answer && expected ? embeddingSimilarity(answer, expected) : null;
      return cosine === null ? [] : [cosine];
    });
    return cosines.length === 0
      ? { value: null, why: 'there is no direction to compare' }
      : { value: Math.max(...cosines) };
  };
  return {
    spec: EMBEDDING_SIMILARITY,
    range: RANGE,
    better: 'higher',
    isBinary: false,
    score,
    summary: (_items, scores) => {
      const { value, ci, n } = mean(
        scores.map((one) => one.value ?? RANGE[0]),
        [...RANGE],
      );
      const unmeasured = scores.filter((one) => one.value === null).length;
      return { value, ci, n, unmeasured, signature: `${EMBEDDING_SIMILARITY}|model:${model}|multi:best` };
    },
  };
}

/** Well-formed, since half a surrogate pair is no JSON that a server reads. */
const cut = (text: string): string => text.slice(0, LONGEST).toWellFormed();
