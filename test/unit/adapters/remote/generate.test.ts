import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GenerateResult } from '../../../../adapters/contracts.ts';
import type { RemoteAnswer } from '../../../../adapters/remote/asker.ts';
import { RemoteFailure } from '../../../../adapters/remote/failure.ts';
import { createRemoteGenerator } from '../../../../adapters/remote/generate.ts';
import { terminal } from '../../../../configs/failure.ts';
import { RecipeSchema } from '../../../../configs/recipe.ts';
import { promptFile, remoteFolder } from '../../../support/google/remote-model.ts';

const PRICE = { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 };
const decoding = { ...RecipeSchema.shape.evaluate.parse({}).decoding, maxTokens: 4 };
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'anneal-remote-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A vendor that does what a function says for each question, by its number and how often it was asked. */
function vendor(
  answer: (row: number, times: number) => Error | string | RemoteAnswer,
  thinks?: number,
): {
  asked: number[];
  generate(more?: {
    run?: string;
    signal?: AbortSignal;
    budget?: { usd?: number; tokens?: number };
    questions?: number;
    lanes?: number;
  }): Promise<GenerateResult>;
} {
  const asked: number[] = [];
  const generator = createRemoteGenerator(
    {
      identity: { generator: 'pretended' },
      open: async () => ({
        price: PRICE,
        thinks,
        ask: async ({ id }) => {
          const row = Number(id.split('-')[1]);
          asked.push(row);
          await Promise.resolve();
          const said = answer(row, asked.filter((one) => one === row).length);
          if (said instanceof Error) throw said;
          return typeof said === 'string' ? { text: said, promptTokens: 1, completionTokens: 1 } : said;
        },
      }),
    },
    { jobs: join(folder, 'jobs'), patience: { attempts: 3, pauseMs: 1, busyMs: 50 } },
  );
  return {
    asked,
    generate: async ({ signal = new AbortController().signal, budget, questions = 6, lanes = 2, run = 'run' } = {}) => {
      const base = await remoteFolder(join(folder, 'model'), { provider: 'pretended', model: 'm', base: 'm' });
      const { path: prompts } = promptFile(
        join(folder, 'prompts.jsonl'),
        Array.from({ length: questions }, (_, i) => `question ${i}`),
      );
      const order = { base, prompts, decoding, batchSize: lanes, budget };
      return generator.generate('key', order, run, { signal, progress: () => undefined });
    },
  };
}

const texts = ({ predictions }: GenerateResult): (string | null)[] =>
  readFileSync(predictions, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string | null }).text);

describe('answers of a model at a vendor', () => {
  test('are asked for once each, also when the worker dies in the middle of writing one down', async () => {
    const first = vendor((row) => (row === 3 ? terminal('NoPermission', 'not allowed') : `answer ${row}`));
    await expect(first.generate({ lanes: 1 })).rejects.toMatchObject({ type: 'NoPermission' });
    expect(first.asked).toEqual([0, 1, 2, 3]);
    appendFileSync(join(folder, 'jobs', 'key', 'answers.jsonl'), '{"id":"row-4","text":"half');
    const second = vendor((row) => `answer ${row}`);
    const result = await second.generate({ lanes: 1 });
    expect(second.asked).toEqual([3, 4, 5]);
    expect(texts(result)).toEqual([0, 1, 2, 3, 4, 5].map((row) => `answer ${row}`));
    expect(result).toMatchObject({ promptTokens: 6, completionTokens: 6, usd: 18, unanswered: 0 });
    const third = vendor(() => new Error('nobody may be asked'));
    expect(await third.generate()).toEqual(result);
  });

  test('are asked for again after a failure that passes, and waited for while a quota is used up', async () => {
    const { asked, generate } = vendor((row, times) => {
      if (row === 1 && times < 3) return new RemoteFailure('away', 'out of order');
      if (row === 2 && times < 4) return new RemoteFailure('quota', 'too many', { retryAfterMs: 2 });
      return 'yes';
    });
    expect(texts(await generate())).toEqual(Array.from({ length: 6 }, () => 'yes'));
    expect(asked.filter((row) => row === 1)).toHaveLength(3);
    expect(asked.filter((row) => row === 2)).toHaveLength(4);
  });

  test('are given up when the vendor stays away, or has no quota for anybody', async () => {
    await expect(vendor(() => new RemoteFailure('away', 'out of order')).generate()).rejects.toThrow('out of order');
    const busy = vendor(() => new RemoteFailure('quota', 'too many', { retryAfterMs: 30 }));
    await expect(busy.generate()).rejects.toThrow('too many');
    expect(busy.asked.length).toBeLessThan(12);
  });

  test('are missing, and counted, for prompts that the vendor will not answer', async () => {
    const result = await vendor((row) => {
      if (row === 0)
        return { text: null, why: 'the prompt was blocked (SAFETY)', promptTokens: 1, completionTokens: 0 };
      return row === 4 ? terminal('PromptRefused', 'too long') : 'yes';
    }).generate();
    expect(texts(result)).toEqual([null, 'yes', 'yes', 'yes', null, 'yes']);
    expect(result).toMatchObject({ unanswered: 2, usd: 13 });
  });

  test('are not taken for missing when every prompt is refused: then something else is wrong', async () => {
    const { asked, generate } = vendor(() => terminal('PromptRefused', 'there is no such parameter'));
    await expect(generate({ questions: 40 })).rejects.toThrow('there is no such parameter');
    expect(asked.length).toBeLessThan(15);
  });

  test('stop before they could cost more than the budget, and go on where they stopped when it is raised', async () => {
    const first = vendor(() => 'yes');
    await expect(first.generate({ budget: { usd: 24 }, lanes: 4 })).rejects.toMatchObject({
      type: 'BudgetReached',
      message: expect.stringContaining('evaluate.limits') as string,
    });
    const asked = first.asked.length;
    expect(asked).toBeGreaterThan(0);
    expect(asked * 3).toBeLessThanOrEqual(24);
    const second = vendor(() => 'yes');
    await second.generate({ budget: { usd: 1000, tokens: 1000 } });
    expect(asked + second.asked.length).toBe(6);
  });

  test('of a model that thinks set its thoughts aside as well', async () => {
    const { asked, generate } = vendor(() => 'yes', 100);
    await expect(generate({ budget: { tokens: 100 } })).rejects.toMatchObject({ type: 'BudgetReached' });
    expect(asked).toEqual([]);
  });

  test('are asked for by one of two runs that want the same at the same time, and paid by that one', async () => {
    const { asked, generate } = vendor(() => 'yes');
    const results = await Promise.all([generate({ run: 'one' }), generate({ run: 'two' })]);
    expect(asked).toHaveLength(6);
    expect(results.map(({ usd = -1 }) => usd).toSorted((a, b) => a - b)).toEqual([0, 18]);
  });

  test('wait for nobody who died while he asked', async () => {
    mkdirSync(join(folder, 'jobs', 'key'), { recursive: true });
    writeFileSync(join(folder, 'jobs', 'key', 'asking'), `${hostname()} 999999 long-ago`);
    expect(texts(await vendor(() => 'yes').generate())).toHaveLength(6);
  });
});
