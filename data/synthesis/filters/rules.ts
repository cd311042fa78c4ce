import { createContext, Script } from 'node:vm';
import { terminal } from '../../../configs/failure.ts';
import type { FilterSettings } from '../../../configs/synthesis-filters.ts';
import { answerOf, promptOf, textsOf, type Row } from '../../row.ts';
import type { Filter } from '../filter.ts';
import { lastUser } from '../shape.ts';

/** Longer texts are cut before they are looked at. */
const MAX_TEXT = 20_000;
/** A pattern that backtracks without end is stopped after so many milliseconds. */
const TIME = 100;
/** So many rows a pattern may hold up before the recipe is to blame and no longer the rows. */
const PATIENCE = 20;

/** What a row must and must not say. */
export const rules: Filter<FilterSettings<'rules'>> = {
  name: 'rules',
  start({ of, must, mustNot, words, forbidden, knownLabel }, { given }) {
    const patterns = [...must, ...mustNot].map((pattern) => new RegExp(pattern, 'u'));
    const match = matcher(patterns);
    const wanted = words.map((word) => word.toLowerCase());
    const banned = forbidden.map((word) => word.toLowerCase());
    // A class may so far have test rows alone.
    const isKnown = (label: string): boolean => given.labels.has(label) || given.failures.has(label);
    let slow = 0;
    return {
      apply({ row }) {
        if (knownLabel && row.label !== undefined && given.labels.size > 0 && !isKnown(row.label))
          return { out: 'its class is not known', detail: row.label };
        const text = lookAt(row, of);
        const folded = wanted.length + banned.length > 0 ? text.toLowerCase() : '';
        const absent = wanted.find((word) => !folded.includes(word));
        if (absent !== undefined) return { out: 'lacks a word that has to occur', detail: absent };
        const found = banned.find((word) => folded.includes(word));
        if (found !== undefined) return { out: 'holds a word that must not occur', detail: found };
        for (const [i, pattern] of patterns.entries()) {
          const isMatch = match(i, text);
          if (isMatch === undefined) {
            if (++slow > PATIENCE)
              throw terminal(
                'SlowPattern',
                `the pattern ${JSON.stringify(pattern.source)} of synthesize.filters (rules) takes longer than ${TIME} ms on many rows: write it without nested repeats such as (a+)+`,
                { pattern: pattern.source },
              );
            return { out: 'a pattern takes too long on it', detail: pattern.source };
          }
          if (i < must.length && !isMatch) return { out: 'does not match what it must', detail: pattern.source };
          if (i >= must.length && isMatch) return { out: 'matches what it must not', detail: pattern.source };
        }
        return undefined;
      },
      findings: () => (slow > 0 ? { slowPatterns: slow } : {}),
    };
  },
};

function lookAt(row: Row, of: 'prompt' | 'answer' | 'row'): string {
  const text = of === 'prompt' ? lastUser(promptOf(row)) : of === 'answer' ? answerOf(row) : textsOf(row).join('\n');
  return text.slice(0, MAX_TEXT);
}

/** Tests a text against a pattern, undefined when that takes too long. Node can stop a pattern in a context only. */
function matcher(patterns: readonly RegExp[]): (index: number, text: string) => boolean | undefined {
  const sandbox = createContext({ patterns, index: 0, text: '' });
  const script = new Script('patterns[index].test(text)');
  return (index, text) => {
    sandbox['index'] = index;
    sandbox['text'] = text;
    try {
      return script.runInContext(sandbox, { timeout: TIME }) as boolean;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
      throw error;
    }
  };
}
