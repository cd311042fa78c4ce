import { setImmediate } from 'node:timers/promises';
import { AskFailed, RetryAfter } from '../../adapters/endpoint/errors.ts';
import type { Writer, WriterReply } from '../../adapters/contracts.ts';
import { askOnce } from '../../activities/step/ask.ts';
import type { Deps } from '../../activities/step/deps.ts';
import { kindOf } from '../../activities/synthesis/generators.ts';
import type { Judge } from '../../configs/judges.ts';
import { messageOf, terminal, TerminalError } from '../../configs/failure.ts';
import type { JudgeAsk, JudgeReply } from '../../evaluation/judges/asker.ts';
import { planJudging, type Judging } from '../../evaluation/judges/judging.ts';

/** What is needed to put a judge's questions to its model. */
export interface JudgeAsking {
  deps: Deps;
  judge: Judge;
  writer: Writer;
  signal: AbortSignal;
  /** Called after each reply with how many were asked for and are there. */
  progress?(done: number, asks: number): void;
}

/** Replies of a judge, and how many of them were asked for now. */
export interface Asked {
  replies: Map<string, JudgeReply>;
  fresh: number;
}

/** Who pays, as replies note it. */
const PAYER = 'calibrate';
/** Asks that wait for the limits of the writer at once. */
const LANES = 64;

/**
 * Puts everything that one judge has to be asked, until nothing is missing. Replies are kept in the ledger, so that
 * none is paid twice.
 *
 * @throws TerminalError `GeneratorUnavailable` when nothing at all was answered, and those of the writer.
 */
export async function askJudge(judging: Judging, asking: JudgeAsking): Promise<Asked> {
  const replies = new Map<string, JudgeReply>();
  let fresh = 0;
  for (;;) {
    const asks = planJudging(judging, replies);
    if (asks.length === 0) return { replies, fresh };
    fresh += await putAll(asks, replies, asking);
    await setImmediate();
  }
}

async function putAll(
  asks: readonly JudgeAsk[],
  replies: Map<string, JudgeReply>,
  { deps, judge, writer, signal, progress }: JudgeAsking,
): Promise<number> {
  const { generator } = judge;
  const { temperature, topP, maxTokens } = generator;
  const price = kindOf(deps, generator)?.priceOf(generator);
  const failures: Error[] = [];
  let next = 0;
  let done = 0;
  let fresh = 0;
  let stop: { error: unknown } | undefined;
  const put = async ({ key, ask }: JudgeAsk): Promise<void> => {
    const { messages, schema, seed } = ask;
    try {
      const { reply, isNew } = await askOnce({
        ledger: deps.ledger,
        writer,
        generator: ask.generator,
        key,
        runId: PAYER,
        request: { messages, schema, seed, temperature, topP, maxTokens },
        price,
        signal,
        ...(deps.patience ? { patience: deps.patience.ask } : {}),
      });
      if (isNew) fresh += 1;
      replies.set(key, replyOf(reply));
    } catch (error) {
      const isOfOne = error instanceof AskFailed || error instanceof RetryAfter || isRefusal(error);
      if (!isOfOne) stop ??= { error };
      else {
        if (!isRefusal(error)) failures.push(error as Error);
        replies.set(key, { failed: 'the judge gave no usable answer', tokens: 0 });
      }
    }
    done += 1;
    progress?.(done, asks.length);
  };
  const lane = async (): Promise<void> => {
    for (let ask = asks[next++]; ask && !stop; ask = asks[next++]) await put(ask);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, asks.length) }, lane));
  if (stop) throw stop.error;
  // One ask may be at fault for a reply that nobody can read, but not for a server that takes none.
  if (failures.length === asks.length || failures.some((error) => error instanceof RetryAfter))
    throw terminal(
      'GeneratorUnavailable',
      `the judge gave no usable answer to ${failures.length} of ${asks.length} asks: ${messageOf(failures[0])}. See to the server, then ask again: what was answered is kept`,
    );
  return fresh;
}

const isRefusal = (error: unknown): boolean => error instanceof TerminalError && error.type === 'AskRefused';

function replyOf({ text, finish, promptTokens, completionTokens }: WriterReply): JudgeReply {
  const tokens = promptTokens + completionTokens;
  return finish === 'refused' ? { failed: 'the judge refused to answer', tokens } : { text, tokens };
}
