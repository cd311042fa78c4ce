import { expect, onTestFinished, test } from 'vitest';
import { embeddingMetric } from '../../../../activities/evaluation/embedding-metric.ts';
import { createEmbedder } from '../../../../adapters/endpoint/embedder.ts';
import type { MetricItem } from '../../../../metrics/metric.ts';
import { startFakeEndpoint, type FakeOptions } from '../../../support/fake-endpoint.ts';

async function embedderAt(options: FakeOptions = {}, apiKeyEnv?: string) {
  const server = await startFakeEndpoint(options);
  onTestFinished(() => server.close());
  return createEmbedder({ baseUrl: server.baseUrl, model: 'fake', apiKeyEnv, timeoutMs: 5000 });
}

const item = (prediction: string | null, ...references: string[]): MetricItem => ({ prediction, references });
const { signal } = new AbortController();

test('answers are compared with the nearest reference, whatever the batches', async () => {
  const items = [
    item('abc', 'xyz', 'cab'),
    item('aa', 'ab'),
    item('', 'a'),
    item(null, 'a'),
    item('a'),
    item('한국', 'a'),
  ];
  for (const batchSize of [1, 2, 64]) {
    const metric = await embeddingMetric(await embedderAt(), items, { batchSize, model: 'fake', signal });
    const scores = await Promise.all(items.map(async (one) => metric.score(one)));
    expect(scores.map(({ value }) => value)).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(Math.SQRT1_2, 12),
      -1,
      -1,
      null,
      null,
    ]);
    expect(metric.summary(items, scores)).toMatchObject({
      n: 6,
      unmeasured: 2,
      signature: 'embeddingSimilarity|model:fake|multi:best',
    });
  }
});

test('a server that is busy is asked again', async () => {
  const embedder = await embedderAt({ script: ['503'] });
  await expect(embedder.embed(['ab'], signal)).resolves.toHaveLength(1);
});

test('what is no list of embeddings, and a key that is refused, end in a sentence', async () => {
  const wrong = await embedderAt({ script: ['other-json', 'other-json', 'other-json', 'other-json'] });
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('enough')), 200);
  await expect(wrong.embed(['ab'], stop.signal)).rejects.toThrow('enough');
  process.env['WRONG_KEY'] = 'wrong';
  const refused = await embedderAt({ key: 'right' }, 'WRONG_KEY');
  await expect(refused.embed(['ab'], signal)).rejects.toThrow('refused access (401');
  const unset = await embedderAt({}, 'NO_SUCH_KEY');
  await expect(unset.embed(['ab'], signal)).rejects.toThrow('NO_SUCH_KEY, which holds the key');
});
