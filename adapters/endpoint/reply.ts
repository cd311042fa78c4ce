import { z } from 'zod';
import { digestOf } from '../../artifacts/canonical.ts';
import { plain } from '../../configs/plain.ts';
import type { WriterReply } from '../contracts.ts';
import { AskFailed } from './errors.ts';

const Text = z.union([
  z.string(),
  // Some servers answer in parts.
  z.array(z.object({ text: z.string().optional() })).transform((parts) => parts.map(({ text = '' }) => text).join('')),
]);

const Tokens = z.int().min(0);

const Completion = z.object({
  id: z.string().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: Text.nullish(),
          refusal: z.string().nullish(),
          tool_calls: z.array(z.unknown()).nullish(),
        }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: Tokens, completion_tokens: Tokens }).optional().catch(undefined),
});

/** An error as servers write it: OpenAI's form, or a plain text under one of the usual names. */
const ErrorBody = z.object({
  error: z
    .union([
      z.string().transform((message) => ({ message, code: undefined, type: undefined, param: undefined })),
      z.object({
        message: z.string().optional().catch(undefined),
        code: z.union([z.string(), z.number()]).nullish().catch(undefined),
        type: z.string().nullish().catch(undefined),
        param: z.string().nullish().catch(undefined),
      }),
    ])
    .optional()
    .catch(undefined),
  message: z.string().optional().catch(undefined),
  detail: z.unknown().optional(),
});

/** What a server said about an error. */
export interface Words {
  /** One line, shortened, without control characters. */
  text: string;
  /** Its machine-readable kinds: code and type. */
  kinds: string[];
  /** Status that an error wrapped in a 200 names. */
  status?: number | undefined;
  param?: string | undefined;
}

/** Longest piece of a server's own words in a message of ours, in characters. */
const MAX_WORDS = 300;

/** Shortens untrusted words to one line that may be shown. @param secret Taken out wherever it stands. */
export function shown(words: string, secret?: string): string {
  const safe = secret ? words.replaceAll(secret, '[key]') : words;
  const line = plain(safe.replace(/\b(?:sk|key)-[\w*.-]{6,}/g, '[key]'))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
}

/** Reads what an error's body says. */
export function wordsOf(body: string, secret?: string): Words {
  const parsed = ErrorBody.safeParse(parse(body));
  if (!parsed.success) return { text: shown(body.replace(/<[^>]*>/g, ' '), secret), kinds: [] };
  const { error, message, detail } = parsed.data;
  const said = error?.message ?? message ?? (detail === undefined ? body : textOf(detail));
  const status = typeof error?.code === 'number' ? error.code : undefined;
  return {
    text: shown(said, secret),
    kinds: [error?.code, error?.type].flatMap((kind) => (typeof kind === 'string' ? [kind] : [])),
    ...(status === undefined ? {} : { status }),
    ...(error?.param ? { param: error.param } : {}),
  };
}

/** What a completion holds; token counts are absent when the server did not count. */
export type Completed = Pick<WriterReply, 'text' | 'finish' | 'refusal' | 'model' | 'id' | 'digest'> & {
  usage?: { prompt_tokens: number; completion_tokens: number } | undefined;
};

/**
 * Reads a reply with status 200.
 *
 * @returns the words of an error that the server wrapped in it, or what it holds.
 * @throws AskFailed when it is none of both.
 */
export function readCompletion(body: string, contentType: string, from: string, secret?: string): Completed | Words {
  const value = parse(body);
  if (value === undefined) throw new AskFailed(`${from} answered with ${kindOf(body, contentType)}`, true);
  const parsed = Completion.safeParse(value);
  if (!parsed.success) {
    if (typeof value === 'object' && value !== null && 'error' in value && value.error) return wordsOf(body, secret);
    const issue = parsed.error.issues[0];
    const place = issue?.path.join('.') || 'the whole reply';
    throw new AskFailed(
      `${from} answered with JSON that is no chat completion (${place}: ${issue?.message ?? 'not as expected'})`,
      true,
    );
  }
  const { id, model, choices, usage } = parsed.data;
  const origin = { id, model, digest: digestOf(body), usage };
  const { message, finish_reason: reason } = choices[0] as (typeof choices)[number];
  const refused = (refusal: string): Completed => ({ ...origin, text: '', finish: 'refused', refusal });
  if (message.refusal) return refused(shown(message.refusal, secret));
  if (reason === 'content_filter') return refused('the server filtered the answer (content_filter)');
  if (!message.content && message.tool_calls?.length) return refused('the model called a tool instead of answering');
  return { ...origin, text: message.content ?? '', finish: reason === 'length' ? 'length' : 'stop' };
}

function kindOf(body: string, contentType: string): string {
  if (body.trim() === '') return 'nothing instead of JSON';
  if (/html/i.test(contentType) || /^\s*<(?:!doctype|html)/i.test(body)) {
    const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1];
    return title ? `an HTML page (“${shown(title)}”) instead of JSON` : 'an HTML page instead of JSON';
  }
  return /^\s*[[{]/.test(body) ? 'JSON that is cut short or broken' : `${shown(contentType) || 'text'} instead of JSON`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
