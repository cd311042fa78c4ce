import { createHash } from 'node:crypto';
import { instanceOf } from '../fake-endpoint.ts';
import { tokensOf, untrained } from '../learned.ts';
import type { Learning } from '../lessons.ts';
import { invalid, Refusal } from './errors.ts';
import { findVersion, knowledgeOf, type StoredEndpoint } from './models.ts';
import { canonical, time, type GoogleState, type Resource } from './state.ts';
import { textOf, type Content } from './training-data.ts';
import { checkAlive } from './tuning-checks.ts';

interface Mind {
  base: string;
  learned: Learning[];
}

/** What a name answers with: `…/endpoints/ID`, `…/models/ID`, or `…publishers/google/models/M`. Throws NOT_FOUND. */
export function mindOf(state: GoogleState, name: string): Mind {
  const base = /(?:^|\/)publishers\/google\/models\/([^/]+)$/.exec(name)?.[1];
  if (base) {
    checkAlive(state, base);
    if (!/^(?:gemini|gemma|text-)/.test(base))
      throw new Refusal(
        'NOT_FOUND',
        `Publisher Model \`${name}\` was not found or your project does not have access to it.`,
      );
    return { base, learned: [] };
  }
  if (/\/models\/[^/]+$/.test(name)) {
    const version = findVersion(state, name);
    if (!version) throw new Refusal('NOT_FOUND', `The Model "${name}" is not found.`);
    return version;
  }
  const endpoint = state.journal.get<StoredEndpoint>('endpoints', canonical(name)) ?? endpointOfGrpc(state, name);
  if (!endpoint) throw new Refusal('NOT_FOUND', `Endpoint \`${name}\` not found.`);
  const knowledge = knowledgeOf(state, endpoint);
  if (!knowledge) throw new Refusal('FAILED_PRECONDITION', `Endpoint \`${name}\` has no deployed model.`);
  checkAlive(state, knowledge.base);
  return knowledge;
}

/** An endpoint that the gRPC server which shares the folder made; it keeps names as they were sent. */
function endpointOfGrpc(state: GoogleState, name: string): StoredEndpoint | undefined {
  const rows = state.grpc.all<StoredEndpoint['resource']>('endpoint');
  const row = rows.find(([key]) => canonical(key) === canonical(name))?.[1];
  return row && { resource: row };
}

/** Answers a request of generateContent. `request` is what `readMessage` gave. */
export function generateContent(state: GoogleState, name: string, request: Resource): Resource {
  const mind = mindOf(state, name);
  const { prompt, system } = read(request);
  const config = (request['generationConfig'] ?? {}) as {
    temperature?: number;
    seed?: string;
    maxOutputTokens?: string;
    stopSequences?: string[];
    responseSchema?: Resource;
    responseJsonSchema?: Resource;
  };
  // The same each time; at a temperature it hangs on the seed, too.
  const chance = (config.temperature ?? 0) > 0 ? ` at random, ${config.seed ?? 'without seed'}` : '';
  const schema = config.responseJsonSchema ?? config.responseSchema;
  let text =
    (mind.learned.length > 0 ? state.lessons.mind(mind.learned).answer(prompt) : undefined) ??
    (schema
      ? JSON.stringify(instanceOf(inSmallLetters(schema), `${prompt}${chance}`))
      : `${untrained(prompt, system)}${chance}`);
  for (const stop of config.stopSequences ?? []) text = text.split(stop)[0] ?? '';
  const words = text.split(' ');
  const most = Math.max(1, Math.floor(Number(config.maxOutputTokens ?? Infinity) / 1.3));
  const isCut = words.length > most;
  if (isCut) text = words.slice(0, most).join(' ');
  const promptTokenCount = tokensOf(`${system} ${prompt}`);
  const candidatesTokenCount = tokensOf(text);
  return {
    candidates: [
      { content: { role: 'model', parts: [{ text }] }, finishReason: isCut ? 'MAX_TOKENS' : 'STOP', avgLogprobs: -0.1 },
    ],
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount,
      totalTokenCount: promptTokenCount + candidatesTokenCount,
      trafficType: 'ON_DEMAND',
    },
    modelVersion: mind.base,
    createTime: time(Date.now()),
    responseId: createHash('sha256').update(`${name}\n${prompt}`).digest('hex').slice(0, 24),
  };
}

/** Answers a request of countTokens. */
export function countTokens(state: GoogleState, name: string, request: Resource): Resource {
  mindOf(state, name);
  const { prompt, system } = read(request);
  return {
    totalTokens: tokensOf(`${system} ${prompt}`),
    totalBillableCharacters: `${system}${prompt}`.replace(/\s/g, '').length,
  };
}

function read(request: Resource): { prompt: string; system: string } {
  const contents = (request['contents'] ?? []) as Content[];
  if (contents.length === 0) throw invalid('at least one contents field is required', 'contents');
  if (contents.some(({ role }) => role !== undefined && role !== 'user' && role !== 'model'))
    throw invalid('Please use a valid role: user, model.', 'contents');
  return { prompt: textOf(contents), system: textOf([request['systemInstruction'] ?? {}]) };
}

/** Google's schemas write types in capitals. */
function inSmallLetters(schema: Resource): Resource {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === 'type' && typeof value === 'string' ? value.toLowerCase() : value,
  ) as Resource;
}
