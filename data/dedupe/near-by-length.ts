import { NearIndex, type Near } from './near-index.ts';
import { Words } from './words.ts';

/** Words from which runs of three are compared. */
const LONG = 40;
/** Texts of about that length are compared both ways, so that a word more or less does not part two of them. */
const NEAR_LONG = { from: 32, to: 50 };

/**
 * Finds rows that nearly repeat an earlier one whatever their length. One word changed spoils every run that it
 * stands in: of a text of ten words all runs of five but one. Short texts are therefore compared word by word, and
 * longer ones, in which single words say little, by runs of three.
 */
export class NearByLength {
  private readonly short: NearIndex;
  private readonly long: NearIndex;
  private readonly words = new Words();

  constructor(threshold: number) {
    this.short = new NearIndex(threshold, 1);
    this.long = new NearIndex(threshold, 3);
  }

  /** The earlier row that these texts, taken as one, nearly repeat; one without such is kept for later ones. */
  add(texts: readonly string[], place: number): Near | undefined {
    this.words.clear();
    for (const text of texts) this.words.add(text);
    const { length } = this.words;
    if (length < NEAR_LONG.from) return this.short.add(texts, place);
    if (length > NEAR_LONG.to) return this.long.add(texts, place);
    const [byWords, byRuns] = [this.short.add(texts, place), this.long.add(texts, place)];
    // Of two answers the one that is right for the length.
    return length < LONG ? (byWords ?? byRuns) : (byRuns ?? byWords);
  }

  get held(): { rows: number; bytes: number; crowded: number } {
    const [a, b] = [this.short.held, this.long.held];
    return { rows: a.rows + b.rows, bytes: a.bytes + b.bytes, crowded: a.crowded + b.crowded };
  }
}
