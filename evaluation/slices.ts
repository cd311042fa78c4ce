import { plain } from '../configs/plain.ts';
import type { SliceRule, Slices } from '../configs/slices.ts';
import { guessLanguage, knownLanguages, loadLanguages } from '../data/detect/language.ts';
import { promptOf, textOf, type TestRow } from '../data/row.ts';
import { terminal } from '../configs/failure.ts';
import { boundedMatch } from './bounded-match.ts';

/** So many values of a column are slices of their own; the rest are `other`. */
const MOST_VALUES = 50;
/** Values are names in tables: longer ones are cut. */
const MOST_CHARACTERS = 80;
/** Beyond so many different values a column is no way to slice: rare ones are no longer counted. */
const MOST_COUNTED = 100_000;
const OTHER = 'other';

/**
 * Which slices a row is in: `queue=billing` for a column or `label`, its name for a rule. Goes through the rows once to
 * see which values are frequent; a row without the column is in none of its slices.
 *
 * @throws TerminalError `BadRecipe` for a language that cannot be told apart, `SlowPattern` as in boundedMatch.
 */
export async function slicer(slices: Slices | undefined, rows: Iterable<TestRow>): Promise<(row: TestRow) => string[]> {
  if (!slices) return () => [];
  const columns = slices.filter((slice) => typeof slice === 'string');
  const frequent = countValues(columns, rows);
  const rules = slices.filter((slice) => typeof slice !== 'string');
  const languages = rules.flatMap(({ when }) => when.language ?? []);
  if (languages.length > 0) await knowLanguages(languages);
  const tests = new Map(rules.map(({ name, when }) => [name, testOf(name, when)]));
  return (row) =>
    slices.flatMap((slice) => {
      if (typeof slice !== 'string') return tests.get(slice.name)?.(row) ? [slice.name] : [];
      const value = valueOf(row, slice);
      if (value === undefined) return [];
      return [`${slice}=${frequent.get(slice)?.has(value) ? value : OTHER}`];
    });
}

/** What a row has in a column, as one line; undefined: it has no such column, nothing in it, or no single value. */
function valueOf(row: TestRow, column: string): string | undefined {
  const own = row.columns && Object.hasOwn(row.columns, column) ? row.columns[column] : undefined;
  const value = own ?? (column === 'label' ? row.label : undefined);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const line = plain(
    String(value)
      .slice(0, 4 * MOST_CHARACTERS)
      .toWellFormed(),
  ).trim();
  return line === '' ? undefined : Array.from(line).slice(0, MOST_CHARACTERS).join('');
}

/** The most frequent values of each column; of equally frequent ones those that come first in the alphabet. */
function countValues(columns: readonly string[], rows: Iterable<TestRow>): Map<string, Set<string>> {
  const counts = new Map(columns.map((column) => [column, new Map<string, number>()]));
  if (columns.length > 0)
    for (const row of rows)
      for (const [column, found] of counts) {
        const value = valueOf(row, column);
        if (value === undefined || (found.size >= MOST_COUNTED && !found.has(value))) continue;
        found.set(value, (found.get(value) ?? 0) + 1);
      }
  const top = (found: Map<string, number>): Set<string> =>
    new Set(
      [...found]
        .toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
        .slice(0, MOST_VALUES)
        .map(([value]) => value),
    );
  return new Map([...counts].map(([column, found]) => [column, top(found)]));
}

async function knowLanguages(languages: readonly string[]): Promise<void> {
  await loadLanguages();
  const known = knownLanguages();
  const strange = languages.find((code) => !known.includes(code));
  if (strange === undefined) return;
  const message = `evaluate.slices names the language "${strange}", which cannot be told apart: known are ${known.join(', ')}`;
  throw terminal('BadRecipe', message, { language: strange });
}

function testOf(name: string, when: SliceRule): (row: TestRow) => boolean {
  const { of, minWords, maxWords, contains, matches, language } = when;
  const wanted = contains?.toLowerCase();
  const isMatch = matches === undefined ? undefined : boundedMatch(matches, `evaluate.slices (${name})`);
  return (row) => {
    const text = of === 'reference' ? row.reference : lastQuestion(row);
    if (minWords !== undefined && countWords(text, minWords) < minWords) return false;
    if (maxWords !== undefined && countWords(text, maxWords + 1) > maxWords) return false;
    if (wanted !== undefined && !text.toLowerCase().includes(wanted)) return false;
    if (language !== undefined && guessLanguage(text.toWellFormed()) !== language) return false;
    return isMatch?.(text) ?? true;
  };
}

function lastQuestion(row: TestRow): string {
  const question = promptOf(row).findLast(({ role }) => role === 'user');
  return question ? textOf(question) : '';
}

const WORDS = new Intl.Segmenter('en', { granularity: 'word' });
const SEGMENT = 1 << 14;

/** Words of a text as Unicode divides it, so that Chinese has some, too; counting stops at `enough`. */
function countWords(text: string, enough: number): number {
  let count = 0;
  // A long text is divided in pieces: ICU holds more than the text while it works.
  for (let at = 0; at < text.length && count < enough; at += SEGMENT)
    for (const { isWordLike } of WORDS.segment(text.slice(at, at + SEGMENT))) {
      if (isWordLike && ++count >= enough) break;
    }
  return count;
}
