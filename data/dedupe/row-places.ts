import type { Row } from '../row.ts';

type Place = Pick<Row, 'source' | 'line'>;

const UNKNOWN = 2 ** 32 - 1;

/**
 * Source and line of a row as one number of 32 bits, never 0: lines are counted on from source to source. Sources
 * are read one after the other, so that a few steps say what a number stands for.
 */
export class RowPlaces {
  private readonly runs: { base: number; source: number }[] = [];
  private last = 0;

  /** The number of a row's place. */
  add({ source, line }: Place): number {
    let run = this.runs.at(-1);
    if (run?.source !== source) {
      run = { base: this.last, source };
      this.runs.push(run);
    }
    const place = run.base + line;
    // More lines than 32 bits can count: the row is still known, only its place is not.
    if (place < 1 || place >= UNKNOWN) return UNKNOWN;
    this.last = Math.max(this.last, place);
    return place;
  }

  /** The place in words, as seen from another row: `line 12`, or `line 12 of file 2`, files counted from 1. */
  name(place: number, from: Place): string {
    const run = place === UNKNOWN ? undefined : this.runs.findLast(({ base }) => base < place);
    if (!run) return 'an earlier row';
    return `line ${place - run.base}${run.source === from.source ? '' : ` of file ${run.source + 1}`}`;
  }
}
