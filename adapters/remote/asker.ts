import { z } from 'zod';
import type { KeptAnswer } from './answers-file.ts';

/** A message of a prompt, in the OpenAI chat form. */
const Message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })), z.null()]).optional(),
});
/** A row as it is asked. */
export const Prompt = z.looseObject({ id: z.string(), messages: z.array(Message).min(1) });
export type Prompt = z.infer<typeof Prompt>;

/** What a vendor's model said to one prompt. */
export type RemoteAnswer = Omit<KeptAnswer, 'id' | 'seconds' | 'priceShare'>;

/** A model at a vendor that can be asked. */
export interface RemoteAsker {
  /**
   * Asks once. A prompt that the model will never answer has an answer without text.
   *
   * @throws RemoteFailure for what may pass.
   * @throws TerminalError `PromptRefused` when the vendor does not take this prompt, any other when it takes none.
   */
  ask(prompt: Prompt, signal: AbortSignal): Promise<RemoteAnswer>;
  /** US dollars for a million tokens. */
  price: { inputPerMillion: number; outputPerMillion: number };
  /** Tokens that an answer may take for thoughts, beyond the longest that was asked for. @default 0 */
  thinks?: number | undefined;
  /** Absent: the vendor takes no batches of this model from here. */
  batch?: BatchAsking | undefined;
  close?(): Promise<void>;
}

/** Many prompts asked by one job of the vendor. */
export interface BatchAsking {
  /** More prompts than so many are given to it. */
  above: number;
  /** What an answer costs of what it costs by itself. */
  priceShare: number;
  /**
   * Answers by id; what has none is asked by itself. Another call with the same key finds the job of the first.
   *
   * @throws as `ask` does.
   */
  answer(
    prompts: readonly Prompt[],
    at: { key: string; run: string; signal: AbortSignal },
  ): Promise<ReadonlyMap<string, RemoteAnswer>>;
}

/** In US dollars. */
export const usdOf = (
  { promptTokens, completionTokens, priceShare = 1 }: Tokens,
  { inputPerMillion, outputPerMillion }: RemoteAsker['price'],
): number => ((promptTokens * inputPerMillion + completionTokens * outputPerMillion) * priceShare) / 1e6;

/** What an answer is billed by. */
export type Tokens = Pick<KeptAnswer, 'promptTokens' | 'completionTokens' | 'priceShare'>;
