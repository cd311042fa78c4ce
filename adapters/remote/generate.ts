import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomic } from '../../artifacts/files.ts';
import { terminal } from '../../configs/failure.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { GenerateOrder, GenerateResult, Generator } from '../contracts.ts';
import { isCancelled } from '../local/await.ts';
import { fitsAtOnce } from './answer-purse.ts';
import { openAnswers, type AnswersFile, type KeptAnswer } from './answers-file.ts';
import { askAll } from './ask-all.ts';
import { Prompt, usdOf, type RemoteAsker } from './asker.ts';
import { remoteModelAt } from './model-file.ts';
import { inTurn } from './turn.ts';
import type { Patience } from './persist.ts';

/** A vendor whose models can be asked. */
export interface AnswerKind {
  identity: Record<string, string>;
  /** @throws TerminalError `UnknownPrice` and everything else that can be known before money is spent. */
  open(remote: RemoteModel, order: GenerateOrder, signal: AbortSignal): Promise<RemoteAsker>;
}

const Facts = z.object({
  run: z.string(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  seconds: z.number(),
  usd: z.number(),
  unanswered: z.number(),
});

/** Most prompts that are asked at the same time. */
export const MOST_AT_ONCE = 32;

/**
 * Has models at a vendor answer. Every answer is kept as soon as it came, so that nothing is asked twice that has an
 * answer, whatever happens to the worker.
 */
export function createRemoteGenerator(kind: AnswerKind, at: { jobs: string; patience?: Patience }): Generator {
  return {
    identity: async () => kind.identity,

    generate: async (key, order, run, watch) => {
      const folder = join(at.jobs, key);
      const stopped = join(folder, `cancelled-${run}`);
      if (existsSync(stopped)) throw terminal('Cancelled', 'the run was cancelled: nothing more is asked');
      await mkdir(folder, { recursive: true });
      return inTurn(join(folder, 'asking'), watch.signal, async () => {
        const done = await resultIn(folder, run);
        if (done) return done;
        const prompts = await readPrompts(order.prompts);
        const asker = await kind.open(await remoteModelAt(order.base), order, watch.signal);
        const began = performance.now();
        const answers = openAnswers(join(folder, 'answers.jsonl'));
        try {
          await askInBatch(prompts, answers, asker, { key, run, order, signal: watch.signal });
          await askAll(prompts, answers, {
            asker,
            maxTokens: order.decoding.maxTokens + (asker.thinks ?? 0),
            lanes: Math.min(order.batchSize, MOST_AT_ONCE),
            budget: order.budget,
            patience: at.patience,
            ...watch,
          });
        } catch (error) {
          if (watch.signal.aborted && isCancelled(watch.signal)) await writeAtomic(stopped, new Date().toISOString());
          throw error;
        } finally {
          answers.close();
          await asker.close?.();
        }
        const kept = prompts.map(({ id }) => answers.known.get(id) as KeptAnswer);
        const seconds = Math.round(performance.now() - began) / 1000;
        const result = await writeResult(folder, kept, { run, seconds, price: asker.price });
        // All of it is in the result now.
        await rm(answers.path, { force: true });
        return result;
      });
    },
  };
}

/**
 * Has many prompts answered by one job of the vendor. Where money is bounded and the batch may cost more than is left,
 * they are asked one by one, which stops in time.
 */
async function askInBatch(
  prompts: readonly Prompt[],
  answers: AnswersFile,
  { batch, price, thinks = 0 }: RemoteAsker,
  { order, ...at }: { key: string; run: string; order: GenerateOrder; signal: AbortSignal },
): Promise<void> {
  const waiting = prompts.filter(({ id }) => !answers.known.has(id));
  if (!batch || waiting.length <= batch.above) return;
  const of = {
    price,
    maxTokens: order.decoding.maxTokens + thinks,
    budget: order.budget,
    priceShare: batch.priceShare,
  };
  if (!fitsAtOnce([...answers.known.values()], waiting, of)) return;
  for (const [id, answer] of await batch.answer(waiting, at))
    answers.add({ id, ...answer, priceShare: batch.priceShare });
}

async function readPrompts(path: string): Promise<Prompt[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => Prompt.parse(JSON.parse(line)));
}

const placeOf = (folder: string): { predictions: string; timings: string; result: string } => ({
  predictions: join(folder, 'output', 'predictions.jsonl'),
  timings: join(folder, 'output', 'timings.jsonl'),
  result: join(folder, 'result.json'),
});

/** What was finished before; undefined: it was not, or is not all there. One run pays for it: who asked. */
async function resultIn(folder: string, asking: string): Promise<GenerateResult | undefined> {
  const { predictions, timings, result } = placeOf(folder);
  if (![predictions, timings, result].every((path) => existsSync(path))) return undefined;
  const facts = Facts.safeParse(JSON.parse(await readFile(result, 'utf8')));
  if (!facts.success) return undefined;
  const { run, usd, ...rest } = facts.data;
  return { predictions, timings, ...rest, usd: run === asking ? usd : 0 };
}

async function writeResult(
  folder: string,
  answers: readonly KeptAnswer[],
  { run, seconds, price }: { run: string; seconds: number; price: RemoteAsker['price'] },
): Promise<GenerateResult> {
  const { predictions, timings, result } = placeOf(folder);
  await mkdir(join(folder, 'output'), { recursive: true });
  const said = ({ id, text, promptTokens, completionTokens }: KeptAnswer): object => ({
    id,
    text,
    promptTokens,
    completionTokens,
  });
  const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  await writeAtomic(predictions, lines(answers.map(said)));
  const timed = answers.flatMap(({ id, seconds: took }) => (took === undefined ? [] : [{ id, seconds: took }]));
  await writeAtomic(timings, lines(timed));
  const total = (key: 'promptTokens' | 'completionTokens'): number =>
    answers.reduce((sum, answer) => sum + answer[key], 0);
  const [promptTokens, completionTokens] = [total('promptTokens'), total('completionTokens')];
  const facts = {
    promptTokens,
    completionTokens,
    seconds,
    usd: answers.reduce((sum, answer) => sum + usdOf(answer, price), 0),
    unanswered: answers.filter(({ text }) => text === null).length,
  };
  await writeAtomic(result, JSON.stringify({ run, ...facts }));
  return { predictions, timings, ...facts };
}
