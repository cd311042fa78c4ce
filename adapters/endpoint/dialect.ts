import type { Structure, WriterMessage, WriterRequest } from '../contracts.ts';

/** What a server is known to take, learned from what it turned down. */
export interface Dialect {
  structure: Exclude<Structure, 'free'>;
  tokensField: 'max_tokens' | 'max_completion_tokens';
  omitted: readonly Optional[];
}

const OPTIONAL = ['seed', 'temperature', 'top_p'] as const;
type Optional = (typeof OPTIONAL)[number];

/** What is tried first. */
export const FULL: Dialect = { structure: 'json_schema', tokensField: 'max_tokens', omitted: [] };

/** Body of a request in a dialect. */
export function bodyOf(model: string, request: WriterRequest, dialect: Dialect): Record<string, unknown> {
  const { schema, seed, temperature, topP, maxTokens } = request;
  const { structure, tokensField, omitted } = dialect;
  const settings = { seed, temperature, top_p: topP };
  const messages = request.messages.map(({ role, content, name }) => ({ role, content, ...(name ? { name } : {}) }));
  return {
    model,
    messages: schema && structure !== 'json_schema' ? withSchema(messages, schema) : messages,
    ...Object.fromEntries(OPTIONAL.filter((name) => !omitted.includes(name)).map((name) => [name, settings[name]])),
    [tokensField]: maxTokens,
    stream: false,
    ...(schema ? formatOf(schema, structure) : {}),
  };
}

function formatOf(schema: Record<string, unknown>, structure: Dialect['structure']): Record<string, unknown> {
  if (structure === 'words') return {};
  if (structure === 'json_object') return { response_format: { type: 'json_object' } };
  const strict = isClosed(schema);
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, ...(strict ? { strict } : {}) } },
  };
}

/** The schema in words, where the server does not see to it; in the first message, so that the last stays the question. */
function withSchema(messages: WriterMessage[], schema: Record<string, unknown>): WriterMessage[] {
  const words = `Answer with one JSON value that fits this JSON Schema, and with nothing else: ${JSON.stringify(schema)}`;
  const [first, ...rest] = messages;
  return first?.role === 'system' && typeof first.content === 'string'
    ? [{ ...first, content: `${first.content}\n\n${words}` }, ...rest]
    : [{ role: 'system', content: words }, ...messages];
}

/** Whether every object in the schema lists all of its fields, as strict enforcement demands. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (typeof schema !== 'object' || schema === null) return true;
  const { type, properties, required, additionalProperties } = schema as Record<string, unknown>;
  if (type === 'object') {
    const names = Object.keys(properties ?? {});
    const listed = Array.isArray(required) ? required : [];
    if (additionalProperties !== false || names.some((name) => !listed.includes(name))) return false;
  }
  return Object.values(schema).every(isClosed);
}

const REFUSAL =
  /unsupported|not support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|extra (?:field|input)|not implemented|invalid/i;

/**
 * The dialect to try next when a server turned a request down because of a parameter; undefined when the reason
 * is another one. Each step takes something away, so that this comes to an end.
 *
 * @param words What the server said.
 * @param param The parameter it names, if it does so in a field of its own.
 */
export function simpler(
  dialect: Dialect,
  words: string,
  param: string | undefined,
  hasSchema: boolean,
): Dialect | undefined {
  const named = param ?? words;
  if (
    hasSchema &&
    dialect.structure !== 'words' &&
    /response_format|json_schema|json_object|guided|structured/i.test(named)
  )
    return { ...dialect, structure: dialect.structure === 'json_schema' ? 'json_object' : 'words' };
  if (!REFUSAL.test(words)) return undefined;
  // Servers that know both names mention both when the number itself is wrong.
  if (dialect.tokensField === 'max_tokens' && /\bmax_tokens\b/.test(named) && /max_completion_tokens/.test(words))
    return { ...dialect, tokensField: 'max_completion_tokens' };
  const refused = OPTIONAL.find((name) => !dialect.omitted.includes(name) && new RegExp(`\\b${name}\\b`).test(named));
  return refused && { ...dialect, omitted: [...dialect.omitted, refused] };
}

/** Characters a token, for estimates: fewer than in English prose, so that limits are rather kept than missed. */
const CHARACTERS_A_TOKEN = 3;
/** Tokens around a message: role and marks. */
const TOKENS_A_MESSAGE = 6;

/** About how many tokens a text has. */
export const tokensIn = (text: string): number => Math.ceil(text.length / CHARACTERS_A_TOKEN);

/** About how many tokens a request's prompt has, schema included. */
export function promptTokensOf({ messages, schema }: WriterRequest): number {
  const texts = messages.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
  const all = schema ? [...texts, JSON.stringify(schema)] : texts;
  return all.reduce((sum, text) => sum + tokensIn(text) + TOKENS_A_MESSAGE, 0);
}
