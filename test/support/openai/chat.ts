import { createHash } from 'node:crypto';
import { instanceOf } from '../fake-endpoint.ts';
import { tokensOf, untrained } from '../learned.ts';
import { allJobs } from './jobs.ts';
import { contentOf, promptOf } from './rows.ts';
import { ApiError, type OpenAiState, type StoredModel } from './state.ts';

interface ChatRequest {
  model?: string;
  messages?: { role?: string; content?: unknown }[];
  max_tokens?: number;
  max_completion_tokens?: number;
  stop?: string | string[];
  response_format?: { type: string; json_schema?: { schema?: Record<string, unknown> } };
}

/** Answers as the model would: a tuned one from what it was trained on. */
export function chat(state: OpenAiState, request: ChatRequest): object {
  const { model = '', messages = [], response_format: format } = request;
  const tuned = modelOf(state, model);
  if (messages.length === 0) throw new ApiError(400, "Missing required parameter: 'messages'.", { param: 'messages' });
  const prompt = promptOf(messages);
  const system = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ content }) => contentOf(content))
    .join('\n');
  const schema = format?.json_schema?.schema;
  let text =
    (tuned ? state.lessons.mind(tuned.learned).answer(prompt) : undefined) ??
    (schema ? JSON.stringify(instanceOf(schema, prompt)) : untrained(prompt, system));
  for (const stop of [request.stop ?? []].flat()) text = text.split(stop)[0] ?? '';
  const words = text.split(' ');
  const most = Math.max(1, Math.floor((request.max_completion_tokens ?? request.max_tokens ?? Infinity) / 1.3));
  const isCut = words.length > most;
  if (isCut) text = words.slice(0, most).join(' ');
  const promptTokens = tokensOf(`${system} ${prompt}`);
  return {
    id: `chatcmpl-${createHash('sha256').update(`${model}\n${prompt}`).digest('hex').slice(0, 24)}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: isCut ? 'length' : 'stop',
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokensOf(text),
      total_tokens: promptTokens + tokensOf(text),
    },
  };
}

/** A model as the service tells it. */
export function describeModel(state: OpenAiState, id: string): object {
  const tuned = modelOf(state, id);
  const created = Math.floor((tuned?.createdAt ?? 1_744_588_800_000) / 1000);
  return { id, object: 'model', created, owned_by: tuned ? 'org-anneal' : 'system' };
}

/** All of them. */
export function listModels(state: OpenAiState): object {
  allJobs(state);
  const tuned = state.journal.all<StoredModel>('models').map(([id]) => id);
  return { object: 'list', data: [...state.bases(), ...tuned].map((id) => describeModel(state, id)) };
}

/** Takes a tuned model away. */
export function deleteModel(state: OpenAiState, id: string): object {
  if (!modelOf(state, id)) throw new ApiError(403, 'You have insufficient permissions for this operation.');
  state.journal.remove('models', id);
  return { id, object: 'model', deleted: true };
}

/** A tuned model; undefined for one that can be tuned. */
function modelOf(state: OpenAiState, id: string): StoredModel | undefined {
  const tuned = state.journal.get<StoredModel>('models', id);
  if (!tuned && !state.bases().includes(id))
    throw new ApiError(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
      param: 'model',
      code: 'model_not_found',
    });
  return tuned;
}
