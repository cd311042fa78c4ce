import { quote } from './flaw.ts';

/** Keys that tell formats apart. */
const KEYS = [
  'messages',
  'contents',
  'conversations',
  'prompt',
  'completion',
  'instruction',
  'output',
  'chosen',
  'rejected',
  'preferred_output',
  'non_preferred_output',
  'text',
] as const;

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['response', 'completion'],
  ['answer', 'completion'],
  ['reply', 'completion'],
  ['question', 'prompt'],
  ['query', 'prompt'],
  ['dialog', 'messages'],
  ['dialogue', 'messages'],
  ['chat', 'messages'],
  ['turns', 'messages'],
]);

/** Of a row with a million columns the first few say enough. */
const LOOKED_AT = 50;

/** Why a row of no known shape cannot be read, and what to do about it. */
export function noShape(value: Record<string, unknown>): string {
  const keys = firstKeys(value);
  const shown = keys.slice(0, 8).map(quote).join(', ');
  return (
    `fits no known shape${shown === '' ? ' (it is empty)' : ` (its keys are ${shown}${keys.length > 8 ? ', …' : ''})`}` +
    `${hintAmong(keys, value)}; known are ` +
    'messages, contents, conversations, prompt with completion, instruction with output, chosen with rejected, ' +
    'preferred_output, text; data.template makes a conversation of any other columns'
  );
}

/** A question that names the key probably meant, or nothing. */
export function hintFor(value: Record<string, unknown>): string {
  return hintAmong(firstKeys(value), value);
}

function hintAmong(keys: readonly string[], value: Record<string, unknown>): string {
  for (const key of keys) {
    const meant = nearest(key.toLowerCase());
    if (meant !== undefined && meant !== key && value[meant] === undefined)
      return `; did you mean ${quote(meant)} instead of ${quote(key)}?`;
  }
  return '';
}

const firstKeys = (value: Record<string, unknown>): string[] => Object.keys(value).slice(0, LOOKED_AT);

function nearest(key: string): string | undefined {
  const alias = ALIASES.get(key);
  if (alias !== undefined || key.length > 30) return alias;
  return KEYS.find((known) => distance(key, known) <= (known.length >= 8 ? 2 : 1));
}

/** Levenshtein distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
