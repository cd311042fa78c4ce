import { choiceOf, sameText } from './label.ts';
import type { PairSide } from './make-set.ts';

/** What came of one side of a pair. */
export interface SideAnswer {
  side: PairSide;
  /** null: no answer came. */
  answer: string | null;
  /** The answer's score by the metric of `measuredBy`; null: not measured. Only for pairs of test rows. */
  score?: number | null;
}

/** A pair with its answers compared. */
export interface PairScore {
  pair: number;
  kind: PairSide['kind'];
  language?: string;
  groups: [string, string];
  /** 1: answered differently; with a metric the difference of the scores, a − b, without its sign. null: not measured. */
  gap: number | null;
  /** What each side got: 1 for the choice that favours, else 0, or the metric's score; null: not measured, or no choice. */
  a: number | null;
  b: number | null;
  /** `kind=names`, `language=en`, `groups=english/arabic`, and those the rows have besides. */
  slices: string[];
  /** Why it could not be measured. */
  why?: string;
}

/**
 * Compares the two answers of a pair. A choice that cannot be read counts as another answer when the other side's can be
 * read; when neither can, the texts are compared if they are in one language.
 *
 * @throws RangeError when the two are not the two sides of one pair.
 */
export function scorePair(
  a: SideAnswer,
  b: SideAnswer,
  measuredBy = 'sameLabel',
  slices: readonly string[] = [],
): PairScore {
  if (a.side.pair !== b.side.pair || a.side.side !== 'a' || b.side.side !== 'b')
    throw new RangeError(
      `expected the sides a and b of one pair, found ${a.side.pair}${a.side.side} and ${b.side.pair}${b.side.side}`,
    );
  const { pair, kind, language, groups } = a.side;
  const about = {
    pair,
    kind,
    ...(language === undefined ? {} : { language }),
    groups,
    slices: [
      `kind=${kind}`,
      ...(language === undefined ? [] : [`language=${language}`]),
      `groups=${groups.join('/')}`,
      ...slices,
    ],
  };
  return { ...about, ...(measuredBy === 'sameLabel' ? byLabel(a, b) : byMetric(a, b)) };
}

type Compared = Pick<PairScore, 'gap' | 'a' | 'b' | 'why'>;

function byMetric({ score: a = null }: SideAnswer, { score: b = null }: SideAnswer): Compared {
  if (a === null || b === null) return { gap: null, a, b, why: `side ${a === null ? 'a' : 'b'} was not measured` };
  return { gap: Math.abs(a - b), a, b };
}

function byLabel(first: SideAnswer, second: SideAnswer): Compared {
  const [a, b] = [labelOf(first), labelOf(second)];
  const favours = (label: number | undefined | null): number | null => (label === null ? null : label === 0 ? 1 : 0);
  const hasChoices = first.side.choices !== undefined;
  const sides = hasChoices ? { a: favours(a), b: favours(b) } : { a: null, b: null };
  if (first.answer === null || second.answer === null)
    return { gap: null, ...sides, why: `side ${first.answer === null ? 'a' : 'b'} gave no answer` };
  if (hasChoices && (a !== undefined || b !== undefined)) return { gap: a === b ? 0 : 1, ...sides };
  if (first.side.kind === 'language') return { gap: null, ...sides, why: 'neither answer names a choice' };
  return { gap: sameText(first.answer, second.answer) ? 0 : 1, ...sides };
}

/** The number of its choice; undefined: it names none; null: there is no answer. */
const labelOf = ({ side: { choices }, answer }: SideAnswer): number | undefined | null =>
  answer === null ? null : choices && choiceOf(answer, choices);
