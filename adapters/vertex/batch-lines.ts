import { hash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../configs/canonical-json.ts';
import type { RemoteAnswer } from '../remote/asker.ts';
import { answerIn, GenerateContentReply, type GenerateContentRequest } from './generate-content.ts';

const Texts = z.object({ parts: z.array(z.object({ text: z.string().optional() })).default([]) });
/** What is read of a line of output; the rest of it is left alone. */
const OutputLine = z.object({
  /** Empty: all went well. */
  status: z.string().optional(),
  request: z.object({
    contents: z.array(z.object({ role: z.string().optional(), ...Texts.shape })),
    systemInstruction: Texts.optional(),
    system_instruction: Texts.optional(),
  }),
  response: GenerateContentReply.optional(),
});

/** Lines of input for a batch, and to which prompt each belongs. */
export interface BatchInput {
  lines: string[];
  requests: Map<string, GenerateContentRequest>;
}

/** Requests by id as the lines of a batch's input. */
export function batchInput(requests: Map<string, GenerateContentRequest>): BatchInput {
  return { lines: [...requests.values()].map((request) => JSON.stringify({ request })), requests };
}

/**
 * The answers in the lines of a batch's output, by the ids of their prompts. Lines come in any order and carry no id of
 * ours: each is matched by what it asks. Prompts whose line is missing, failed or cannot be read have none.
 */
export async function batchAnswers(
  lines: AsyncIterable<string> | Iterable<string>,
  { requests }: BatchInput,
): Promise<Map<string, RemoteAnswer>> {
  const waiting = new Map<string, string[]>();
  for (const [id, request] of requests) {
    const asked = spelled(request.contents, request.systemInstruction);
    waiting.set(asked, [...(waiting.get(asked) ?? []), id]);
  }
  const answers = new Map<string, RemoteAnswer>();
  for await (const line of lines) {
    const found = parse(line);
    if (!found?.response || (found.status ?? '') !== '') continue;
    const { contents, systemInstruction, system_instruction } = found.request;
    const id = waiting.get(spelled(contents, systemInstruction ?? system_instruction))?.shift();
    const request = id === undefined ? undefined : requests.get(id);
    if (id !== undefined && request) answers.set(id, answerIn(found.response, request));
  }
  return answers;
}

/** What tells requests of one batch apart: all of them are asked in the same way. */
function spelled(
  contents: readonly { role?: string | undefined; parts: readonly { text?: string | undefined }[] }[],
  system: { parts: readonly { text?: string | undefined }[] } | undefined,
): string {
  const texts = (parts: readonly { text?: string | undefined }[]): string[] => parts.map(({ text }) => text ?? '');
  const said = contents.map(({ role, parts }) => [role ?? 'user', texts(parts)]);
  return hash('sha256', canonicalJson([said, system ? texts(system.parts) : []]), 'hex');
}

function parse(line: string): z.infer<typeof OutputLine> | undefined {
  if (line.trim() === '') return undefined;
  try {
    return OutputLine.parse(JSON.parse(line));
  } catch {
    return undefined; // its prompt is asked by itself
  }
}
