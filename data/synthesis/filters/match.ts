import type { FilterSettings } from '../../../configs/synthesis-filters.ts';
import { guessLanguage, loadLanguages } from '../../detect/language.ts';
import { answerOf, promptOf, type Row } from '../../row.ts';
import type { Filter } from '../filter.ts';
import { sample } from '../seeds.ts';
import { lastUser } from '../shape.ts';

/** Shorter texts say too little about their language. */
const MIN_CHARACTERS = 40;
/** Real rows whose language is looked at. */
const LOOKED_AT = 2000;
/** A language that fewer of the real rows have is a stray row or a wrong guess. */
const MIN_SHARE = 0.01;

interface Range {
  prompt: [number, number];
  answer: [number, number];
}

/** Rows unlike the real rows of their class in language or length, in characters. */
export const match: Filter<FilterSettings<'match'>> = {
  name: 'match',
  async start({ language, central, slack, minRows }, { given, seed, warn }) {
    const { rows } = given;
    if (rows.length === 0) warn('match: there are no real rows to be like, so every synthetic row was let through');
    const rangeOf = (some: readonly Row[]): Range => ({
      prompt: rangeOfLengths(some.map(promptLength), central, slack),
      answer: rangeOfLengths(some.map(answerLength), central, slack),
    });
    const whole = rows.length > 0 ? rangeOf(rows) : undefined;
    const ranges = new Map<string | undefined, Range>();
    for (const [label, some] of Map.groupBy(rows, (row) => row.label))
      if (some.length >= minRows) ranges.set(label, rangeOf(some));
    const languages = language && rows.length > 0 ? await languagesOf(sample(rows, LOOKED_AT, seed)) : undefined;
    return {
      apply({ row }) {
        const range = ranges.get(row.label) ?? whole;
        if (range) {
          const prompt = outside(promptLength(row), range.prompt);
          if (prompt) return { out: `its prompt is too ${prompt}`, detail: `${promptLength(row)} characters` };
          const answer = outside(answerLength(row), range.answer);
          if (answer) return { out: `its answer is too ${answer}`, detail: `${answerLength(row)} characters` };
        }
        const guess = languages && languages.size > 0 ? languageOf(row) : undefined;
        if (guess !== undefined && languages && !languages.has(guess))
          return { out: 'is in another language', detail: guess };
        return undefined;
      },
      findings: () => ({ languages: [...(languages ?? [])].toSorted(), classesWithOwnRange: ranges.size }),
    };
  },
};

const promptLength = (row: Row): number => lastUser(promptOf(row)).length;
const answerLength = (row: Row): number => answerOf(row).length;

/** The central range of lengths, widened by the slack on both ends. */
export function rangeOfLengths(lengths: readonly number[], central: number, slack: number): [number, number] {
  const sorted = lengths.toSorted((a, b) => a - b);
  // Towards the ends: a range of few rows is the range of all of them.
  // The small part is for shares such as 0.9, which are not exact.
  const cut = Math.floor(((1 - central) / 2) * sorted.length + 1e-9);
  return [Math.floor((sorted[cut] ?? 0) / slack), Math.ceil((sorted[sorted.length - 1 - cut] ?? 0) * slack)];
}

const outside = (length: number, [least, most]: [number, number]): 'short' | 'long' | undefined =>
  length < least ? 'short' : length > most ? 'long' : undefined;

function languageOf(row: Row): string | undefined {
  const text = lastUser(promptOf(row));
  return text.length < MIN_CHARACTERS ? undefined : guessLanguage(text);
}

/** Languages of the real rows; none when no row is long enough to tell. */
async function languagesOf(rows: readonly Row[]): Promise<Set<string>> {
  await loadLanguages();
  const counts = new Map<string, number>();
  let told = 0;
  for (const row of rows) {
    const guess = languageOf(row);
    if (guess === undefined) continue;
    told++;
    counts.set(guess, (counts.get(guess) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count >= told * MIN_SHARE).map(([language]) => language));
}
