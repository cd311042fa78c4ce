import { z } from 'zod';

/** The form of a reply: what is asked for, and the same for checking. */
export interface Form<T> {
  /** JSON Schema, for servers that keep to it and for the words of the prompt. */
  schema: Record<string, unknown>;
  check: z.ZodType<T>;
}

/** A reply that can be used, or what is wrong with it, in our own words and without any of its own. */
export type Reading<T> = { value: T } | { problem: string };

/** A form out of its check. */
export function formOf<T>(check: z.ZodType<T>): Form<T> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(check) as Record<string, unknown>;
  return { schema, check };
}

/** Longer replies are not looked at, in UTF-16 units. */
const MOST = 1 << 20;

/**
 * Reads a reply strictly: one JSON object of the form, bare or in one code fence, and nothing beside it. Whatever is
 * looser lets words that the judge copied from an answer pass for its verdict. What a model thinks aloud before is
 * not part of the reply.
 */
export function readReply<T>({ check }: Form<T>, reply: string): Reading<T> {
  if (reply.length > MOST) return { problem: `the reply was longer than ${MOST} characters` };
  const said = reply.replace(/^\uFEFF?\s*<think>[\s\S]*?<\/think>/, '').trim();
  if (said === '') return { problem: 'the reply was empty' };
  const found = parsed(unfenced(said));
  if (!found) return { problem: 'the reply was not exactly one JSON object' };
  if (typeof found.value !== 'object' || found.value === null || Array.isArray(found.value))
    return { problem: 'the reply was JSON, but not an object' };
  const result = check.safeParse(found.value);
  if (result.success) return { value: result.data };
  const place = result.error.issues[0]?.path ?? [];
  const at = place.filter((step) => typeof step === 'number' || /^[a-z]{1,20}$/i.test(String(step))).join('.');
  return { problem: `the reply did not have the form asked for${at === '' ? '' : ` (at ${at})`}` };
}

/** What stands in a code fence, when the whole is one. */
function unfenced(said: string): string {
  if (!said.startsWith('```') || !said.endsWith('```') || said.length < 6) return said;
  return said.slice(3, -3).replace(/^json\b/i, '');
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
