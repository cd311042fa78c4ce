import { TerminalError } from '../../configs/failure.ts';
import type { JobProgress } from '../../configs/progress.ts';
import type { Budget } from '../../configs/refs.ts';
import { cutLater } from '../local/cut-later.ts';
import type { AnswersFile, KeptAnswer } from './answers-file.ts';
import { openAnswerPurse } from './answer-purse.ts';
import { createPersistence, type Patience } from './persist.ts';
import type { Prompt, RemoteAsker } from './asker.ts';

/** Of what is said about progress, no more than one line in so many ms. */
const TELL_EVERY_MS = 1000;
/** So many prompts that are refused before any is answered, and it is not the prompts. */
const REFUSED_AT_FIRST = 10;

export interface AskingAll {
  asker: Pick<RemoteAsker, 'ask' | 'price'>;
  /** Longest answer, for what a request may cost. */
  maxTokens: number;
  lanes: number;
  /** What all answers may cost, those included that are there already. */
  budget?: Budget | undefined;
  patience?: Patience | undefined;
  signal: AbortSignal;
  progress(progress: JobProgress): void;
}

/**
 * Asks every prompt that has no answer yet, some at a time.
 *
 * @throws TerminalError of the vendor, and `BudgetReached` when the next request may cost more than is left.
 * @throws RemoteFailure when patience ended; what was answered is kept.
 * @throws the signal's reason.
 */
export async function askAll(prompts: readonly Prompt[], answers: AnswersFile, asking: AskingAll): Promise<void> {
  const { signal, lanes, asker } = asking;
  signal.throwIfAborted();
  const waiting = prompts.filter(({ id }) => !answers.known.has(id));
  const purse = openAnswerPurse([...answers.known.values()], { ...asking, price: asker.price });
  const cut = cutLater(signal);
  const persist = createPersistence(asker.ask, asking.patience);
  const refused: { answer: KeptAnswer; error: TerminalError }[] = [];
  let next = 0;
  let toldAt = -Infinity;
  let failure: { error: unknown } | undefined;

  const hasAnswered = (): boolean => [...answers.known.values()].some(({ text }) => text !== null);
  const take = async (prompt: Prompt): Promise<void> => {
    const settle = await purse.take(prompt);
    const began = performance.now();
    const seconds = (): number => Math.round(performance.now() - began) / 1000;
    try {
      const said = await persist(prompt, cut.signal);
      settle(said);
      answers.add({ id: prompt.id, ...said, seconds: seconds() });
    } catch (error) {
      settle(undefined);
      if (!(error instanceof TerminalError) || error.type !== 'PromptRefused') throw error;
      const nothing = { text: null, why: error.message, promptTokens: 0, completionTokens: 0 };
      refused.push({ answer: { id: prompt.id, ...nothing, seconds: seconds() }, error });
      if (refused.length >= REFUSED_AT_FIRST && !hasAnswered()) throw error;
    }
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    asking.progress({ step: answers.known.size + refused.length, steps: prompts.length });
  };
  const lane = async (): Promise<void> => {
    try {
      while (!failure && !signal.aborted) {
        const prompt = waiting[next++];
        if (!prompt) return;
        await take(prompt);
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, Math.min(lanes, waiting.length)) }, lane));
  } finally {
    cut.clear();
  }
  signal.throwIfAborted();
  if (failure) throw failure.error;
  // Written down last: whoever asks again may find the vendor of another mind.
  if (refused[0] && !hasAnswered()) throw refused[0].error;
  for (const { answer } of refused) answers.add(answer);
  asking.progress({ step: prompts.length, steps: prompts.length });
}
