/** Digits that stand together. */
export interface DigitGroup {
  digits: string;
  start: number;
  end: number;
  /** Only one space or hyphen lies between it and the group before. */
  isNear: boolean;
  /** A `+` stands before it. */
  isPlus: boolean;
}

/** Groups of digits with nothing but a few separators between them: what a phone or card number is looked for in. */
export type DigitRun = DigitGroup[];

const GROUP = /\d+/g;
const GAP = /^[ .\-/()\u00a0\u2010-\u2013\u202f]{1,3}$/;
const NEAR = /^[ \-\u00a0\u2010\u2011\u202f]$/;

/** Every run of digit groups in a text. */
export function digitRuns(text: string): DigitRun[] {
  const runs: DigitRun[] = [];
  let end = -1;
  for (const { 0: digits, index: start } of text.matchAll(GROUP)) {
    const gap = end === -1 || start - end > 4 ? undefined : text.slice(end, start);
    const isPlus = text[start - 1] === '+';
    const group = { digits, start, end: start + digits.length, isNear: gap !== undefined && NEAR.test(gap), isPlus };
    end = group.end;
    if (gap !== undefined && !isPlus && GAP.test(gap) && runs.length > 0) runs.at(-1)!.push(group);
    else runs.push([group]);
  }
  return runs;
}
