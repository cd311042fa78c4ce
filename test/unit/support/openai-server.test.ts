import OpenAI, { toFile } from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { startOpenAiServer, type OpenAiServer, type OpenAiServerOptions } from '../../support/openai-server.ts';
import { emptyFolder } from './folder.ts';
import { until } from './program.ts';
import { ask, startServerProcess } from './protocol-server.ts';

const MODEL = 'gpt-4.1-mini';
const things = Array.from({ length: 12 }, (_, i) => [`What is thing${i}?`, `answer ${i}`] as const);
const chats = things.map(([prompt, answer]) =>
  JSON.stringify({
    messages: [
      { role: 'user', content: prompt },
      { role: 'assistant', content: answer },
    ],
  }),
);
const pairs = things.map(([prompt, answer]) =>
  JSON.stringify({
    input: { messages: [{ role: 'user', content: prompt }] },
    preferred_output: [{ role: 'assistant', content: answer }],
    non_preferred_output: [{ role: 'assistant', content: 'no' }],
  }),
);

async function start(options: Partial<OpenAiServerOptions> = {}): Promise<OpenAiServer & { client: OpenAI }> {
  const server = await startOpenAiServer({ folder: emptyFolder(), ...options });
  onTestFinished(() => server.close());
  return { ...server, client: new OpenAI({ apiKey: 'k', baseURL: server.baseUrl, maxRetries: 0 }) };
}

async function send(client: OpenAI, lines: readonly string[]): Promise<string> {
  const file = await toFile(Buffer.from(lines.join('\n')), 'train.jsonl');
  return (await client.files.create({ file, purpose: 'fine-tune' })).id;
}

async function answerOf(client: OpenAI, model: string, content: string): Promise<string | null | undefined> {
  const reply = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
  return reply.choices[0]?.message.content;
}

test('a tuned model answers as it was trained; its checkpoints, events and cost are told', async () => {
  const { client, state } = await start();
  const created = await client.fineTuning.jobs.create({
    model: MODEL,
    training_file: await send(client, chats),
    suffix: 'things',
    metadata: { anneal_key: 'k1', anneal_try: '1' },
    method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2 } } },
  });
  const job = await client.fineTuning.jobs.retrieve(created.id);
  expect(job).toMatchObject({ status: 'succeeded', metadata: { anneal_key: 'k1' } });
  expect(await answerOf(client, job.fine_tuned_model ?? '', 'What is thing11?')).toBe('answer 11');
  const [last, first] = (await client.fineTuning.jobs.checkpoints.list(job.id)).data;
  expect(last?.fine_tuned_model_checkpoint).toBe(job.fine_tuned_model);
  expect(await answerOf(client, first?.fine_tuned_model_checkpoint ?? '', 'What is thing11?')).not.toBe('answer 11');
  expect((await client.fineTuning.jobs.listEvents(job.id)).data.at(-1)?.message).toContain('Created fine-tuning job');
  expect(state.creates()).toEqual({ 'k1/1': 1 });
  expect(state.money()).toMatchObject({ tokens: job.trained_tokens, microUsd: (job.trained_tokens ?? 0) * 5 });
});

test('preferred answers are learned from pairs; a job goes on from a tuned model', async () => {
  const { client } = await start();
  const training_file = await send(client, pairs);
  const method = { type: 'dpo', dpo: { hyperparameters: { beta: 0.1 } } } as const;
  const first = await client.fineTuning.jobs.create({ model: MODEL, training_file, method });
  const { fine_tuned_model: model } = await client.fineTuning.jobs.retrieve(first.id);
  expect(await answerOf(client, model ?? '', 'What is thing3?')).toBe('answer 3');
  const more = chats.map((line) => line.replaceAll('thing', 'object').replaceAll('answer', 'reply'));
  const next = await client.fineTuning.jobs.create({ model: model ?? '', training_file: await send(client, more) });
  const { fine_tuned_model: second } = await client.fineTuning.jobs.retrieve(next.id);
  expect(await answerOf(client, second ?? '', 'What is thing3?')).toBe('answer 3');
  expect(await answerOf(client, second ?? '', 'What is object3?')).toBe('reply 3');
});

test('what the service would refuse is refused in its words', async () => {
  const { client, state } = await start();
  const training_file = await send(client, chats);
  const create = (more: object): Promise<unknown> =>
    client.fineTuning.jobs.create({ model: MODEL, training_file, ...more });
  await expect(create({ model: 'gpt-9' })).rejects.toMatchObject({ status: 400, code: 'model_not_available' });
  await expect(create({ training_file: 'file-none' })).rejects.toMatchObject({ status: 400, param: 'training_file' });
  await expect(create({ colour: 1 })).rejects.toThrow("400 Unknown parameter: 'colour'.");
  await expect(create({ suffix: 'x'.repeat(65) })).rejects.toMatchObject({ code: 'string_above_max_length' });
  const beta = { type: 'supervised', supervised: { hyperparameters: { beta: 1 } } };
  await expect(create({ method: beta })).rejects.toMatchObject({ code: 'unknown_parameter' });
  await expect(client.chat.completions.create({ model: 'none', messages: [] })).rejects.toMatchObject({ status: 404 });
  expect(state.creates()).toEqual({});
  const short = await client.fineTuning.jobs.create({
    model: MODEL,
    training_file: await send(client, chats.slice(0, 3)),
  });
  expect(await client.fineTuning.jobs.retrieve(short.id)).toMatchObject({
    status: 'failed',
    error: { code: 'invalid_training_file', param: 'training_file' },
  });
});

test('a server may lack the filter by metadata, the cancel, and all fields but two', async () => {
  const stack = await start({ tolerance: 'llamastack', runningMs: 60_000 });
  const training_file = await send(stack.client, chats);
  for (const anneal_key of ['a', 'b'])
    await stack.client.fineTuning.jobs.create({ model: MODEL, training_file, metadata: { anneal_key } });
  expect((await stack.client.fineTuning.jobs.list({ metadata: { anneal_key: 'a' } })).data).toHaveLength(2);
  const arbor = await start({ tolerance: 'arbor', runningMs: 60_000 });
  const file = await send(arbor.client, chats);
  const created = await arbor.client.fineTuning.jobs.create({
    model: MODEL,
    training_file: file,
    metadata: { a: 'b' },
  });
  expect(created).toEqual({ id: created.id, status: 'running' });
  await expect(arbor.client.fineTuning.jobs.cancel(created.id)).rejects.toThrow('400 Not implemented');
});

test('lists come in pages, narrowed by metadata', async () => {
  const { client } = await start({ runningMs: 60_000 });
  const training_file = await send(client, chats);
  for (const anneal_key of ['a', 'b', 'a', 'a'])
    await client.fineTuning.jobs.create({ model: MODEL, training_file, metadata: { anneal_key } });
  const found: string[] = [];
  for await (const job of client.fineTuning.jobs.list({ limit: 2, metadata: { anneal_key: 'a' } })) found.push(job.id);
  expect(new Set(found).size).toBe(3);
  const cancelled = await client.fineTuning.jobs.cancel(found[0] ?? '');
  expect(cancelled.status).toBe('cancelled');
  await expect(client.fineTuning.jobs.cancel(found[0] ?? '')).rejects.toMatchObject({ status: 400 });
});

test('a job whose answer was lost is there after a kill', async () => {
  const args = ['test/support/openai-server.ts', '--folder', emptyFolder()] as const;
  const faults = [{ on: 'jobs.create', lostAnswer: true }];
  const first = await startServerProcess(...args, '--options', JSON.stringify({ faults }));
  const client = new OpenAI({ apiKey: 'k', baseURL: `${first.url}/v1`, maxRetries: 0 });
  const training_file = await send(client, chats);
  const metadata = { anneal_key: 'k', anneal_try: '1' };
  await expect(client.fineTuning.jobs.create({ model: MODEL, training_file, metadata })).rejects.toThrow(
    'Connection error',
  );
  await first.kill();
  const second = await startServerProcess(...args);
  const again = new OpenAI({ apiKey: 'k', baseURL: `${second.url}/v1`, maxRetries: 0 });
  const { data } = await again.fineTuning.jobs.list({ metadata: { anneal_key: 'k' } });
  expect(data).toHaveLength(1);
  await until(
    async () => (await again.fineTuning.jobs.retrieve(data[0]?.id ?? '')).status === 'succeeded',
    'it succeeds',
  );
  expect((await ask(`${second.url}/_admin/creates`)).body).toEqual({ 'k/1': 1 });
});
