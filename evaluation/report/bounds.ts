import { copy } from '../../data/look/cut.ts';
import { count } from './numbers.ts';

/** Characters of a name, and of what is told in sentences. */
const NAME = 160;
const SENTENCE = 1_000;
const SENTENCES = new Set(['reasons', 'words', 'note', 'command', 'signature', 'method', 'detail']);

/** The first `length` UTF-16 units, never through a pair, and how many are missing. */
export function head(text: string, length: number): { text: string; missing: number } {
  if (text.length <= length) return { text, missing: 0 };
  const code = text.charCodeAt(length - 1);
  const end = code >= 0xd800 && code <= 0xdbff ? length - 1 : length;
  return { text: copy(text.slice(0, end)), missing: text.length - end };
}

/** The text, cut, with a note of how much is missing. */
export function short(text: string, length: number): string {
  const { text: shown, missing } = head(text, length);
  return missing > 0 ? `${shown}… (${count(missing)} more characters)` : shown;
}

/**
 * A copy of a model in which no text is long, so that no part of the page can be. Lists of numbers are kept as
 * they are; other lists are cut where they are shown, with a note.
 */
export function bounded<T>(model: T, field = ''): T {
  if (typeof model === 'string') return short(model, SENTENCES.has(field) ? SENTENCE : NAME) as T;
  if (Array.isArray(model))
    return (typeof model[0] === 'number' ? model : model.map((entry) => bounded(entry, field))) as T;
  if (typeof model !== 'object' || model === null) return model;
  return Object.fromEntries(Object.entries(model).map(([name, value]) => [name, bounded(value, name)])) as T;
}

/** The first of a list, and in words what is left out; empty where nothing is. */
export function first<T>(list: readonly T[], limit: number, what: string): { shown: readonly T[]; rest: string } {
  const left = list.length - limit;
  return left > 0
    ? { shown: list.slice(0, limit), rest: `${count(left)} more ${what} are not shown.` }
    : { shown: list, rest: '' };
}
