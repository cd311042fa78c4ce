import { z } from 'zod';
import { terminal } from '../../configs/failure.ts';
import { limitsOf } from '../../configs/limits.ts';
import { plain } from '../../configs/plain.ts';
import type { GenerateOrder } from '../contracts.ts';
import type { Prompt, RemoteAnswer } from '../remote/asker.ts';

/** Vertex takes 32-bit seeds without the sign. */
const MOST_SEED = 2 ** 31;

/** A request as generateContent takes it. */
export interface GenerateContentRequest {
  contents: { role: 'user' | 'model'; parts: { text: string }[] }[];
  systemInstruction?: { parts: { text: string }[] };
  generationConfig: Record<string, unknown>;
}

/**
 * A prompt in the words of generateContent.
 *
 * @param base The publisher's model behind what is asked.
 * @throws TerminalError `PromptRefused` for what is sent to no model: messages of tools, and parts other than text.
 */
export function contentRequest(
  { messages }: Prompt,
  decoding: GenerateOrder['decoding'],
  base: string,
): GenerateContentRequest {
  const system: { text: string }[] = [];
  const contents: GenerateContentRequest['contents'] = [];
  for (const { role, content } of messages) {
    const text = textIn(content);
    if (role === 'system' || role === 'developer') system.push({ text });
    else if (role === 'user' || role === 'assistant')
      contents.push({ role: role === 'user' ? 'user' : 'model', parts: [{ text }] });
    else throw refused(`holds a message of the role ${plain(role).slice(0, 40)}`);
  }
  const { maxTokens, temperature, topP, seed, stop } = decoding;
  const thinkingBudget = limitsOf(base)?.thinkingBudget;
  return {
    contents,
    ...(system.length > 0 ? { systemInstruction: { parts: system } } : {}),
    generationConfig: {
      // Thoughts count as answer.
      maxOutputTokens: maxTokens + (thinkingBudget ?? 0),
      temperature,
      topP,
      seed: seed % MOST_SEED,
      ...(stop.length > 0 ? { stopSequences: stop } : {}),
      ...(thinkingBudget === undefined ? {} : { thinkingConfig: { thinkingBudget } }),
    },
  };
}

function textIn(content: Prompt['messages'][number]['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => {
      if (part.type === 'text' && typeof part['text'] === 'string') return part['text'];
      throw refused(`holds a part of the type ${plain(part.type).slice(0, 40)}`);
    })
    .join('');
}

const refused = (what: string): Error =>
  terminal('PromptRefused', `the prompt ${what}, which is sent to no model at Vertex AI here`);

/** What is read of a reply; everything else in it is left alone. */
export const GenerateContentReply = z.object({
  candidates: z
    .array(
      z.object({
        content: z
          .object({
            parts: z.array(z.object({ text: z.string().optional(), thought: z.boolean().optional() })).optional(),
          })
          .optional(),
        finishReason: z.string().optional(),
      }),
    )
    .optional(),
  modelVersion: z.string().optional(),
  responseId: z.string().optional(),
  promptFeedback: z.object({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z
    .object({
      promptTokenCount: z.number().optional(),
      candidatesTokenCount: z.number().optional(),
      thoughtsTokenCount: z.number().optional(),
    })
    .optional(),
});
export type GenerateContentReply = z.infer<typeof GenerateContentReply>;

/** Reasons to end that leave a text which can be used. */
const USABLE = ['STOP', 'MAX_TOKENS', 'FINISH_REASON_UNSPECIFIED'];
/** For a reply that does not count its tokens: characters a token, as the vendor says of English. */
const CHARACTERS_A_TOKEN = 4;

/** What a reply says; one without a usable text says why. */
export function answerIn(reply: GenerateContentReply, request: GenerateContentRequest): RemoteAnswer {
  const [candidate] = reply.candidates ?? [];
  const parts = candidate?.content?.parts?.filter(({ thought }) => thought !== true) ?? [];
  const text = parts.map((part) => part.text ?? '').join('');
  const reason = candidate?.finishReason ?? 'STOP';
  const usage = reply.usageMetadata;
  const guess = (value: unknown): number => Math.ceil(JSON.stringify(value).length / CHARACTERS_A_TOKEN);
  const tokens = {
    promptTokens: usage?.promptTokenCount ?? guess(request.contents),
    completionTokens:
      (usage?.candidatesTokenCount ?? (usage || text === '' ? 0 : guess(text))) + (usage?.thoughtsTokenCount ?? 0),
  };
  const why = whyNone(reply, reason, text);
  return why === undefined ? { text, ...tokens } : { text: null, why, ...tokens };
}

function whyNone(
  { candidates, promptFeedback }: GenerateContentReply,
  reason: string,
  text: string,
): string | undefined {
  const shown = (word: string): string => plain(word).slice(0, 60);
  const block = promptFeedback?.blockReason;
  if (block !== undefined && block !== '') return `the prompt was blocked (${shown(block)})`;
  if (!candidates || candidates.length === 0) return 'the reply held no answer';
  if (!USABLE.includes(reason)) return `the answer was stopped (${shown(reason)})`;
  return reason === 'MAX_TOKENS' && text === '' ? 'the answer ended before its first word (MAX_TOKENS)' : undefined;
}
