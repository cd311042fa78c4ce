import type { PolicySettings } from '../../configs/policies.ts';
import { findInvisible, removeInvisible } from '../detect/invisible.ts';
import { changeTexts, identifyAgain } from '../detect/row-text.ts';
import { tally } from '../detect/tally.ts';
import type { Row } from '../row.ts';
import type { Policy } from './policy.ts';

// Most texts are this, and nothing can be wrong with it.
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** One Unicode form, one kind of line end, and no characters that only a model sees. */
export const normalize: Policy<PolicySettings<'normalize'>> = {
  name: 'normalize',
  side: 'all',
  start({ unicode, lineEnds, invisible }) {
    const found = tally();
    const why = new Set<string>();
    let current: Row;
    let hasInvisible: boolean;
    const change = (text: string): string => {
      if (PLAIN.test(text)) return text;
      for (const { kind } of findInvisible(text)) {
        found.add(kind, current);
        hasInvisible = true;
      }
      let out = text;
      const step = (name: string, next: string): void => {
        if (next !== out) why.add(name);
        out = next;
      };
      // First what is taken out: it can stand between characters that the other two would join.
      if (invisible === 'remove') step('invisible characters', removeInvisible(out));
      if (lineEnds) step('line ends', out.replaceAll(/\r\n?/g, '\n'));
      if (unicode !== 'none') step('Unicode form', out.normalize(unicode));
      return out;
    };
    return {
      apply(row) {
        current = row;
        hasInvisible = false;
        why.clear();
        const changed = changeTexts(row, change);
        if (hasInvisible && invisible === 'quarantine') return { out: 'quarantine', why: 'invisible characters' };
        if (changed !== row) return { row: identifyAgain(changed), why: [...why].join(', ') };
        return hasInvisible ? { note: 'invisible characters' } : undefined;
      },
      findings: found.findings,
    };
  },
};
