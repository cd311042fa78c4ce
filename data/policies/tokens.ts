import type { PolicySettings } from '../../configs/policies.ts';
import { TerminalError, messageOf } from '../../configs/failure.ts';
import type { Policy } from './policy.ts';

/** Rows that are longer than the tuner takes; where tokens cannot be counted every row stays and a warning says why. */
export const tokens: Policy<PolicySettings<'tokens'>> = {
  name: 'tokens',
  side: 'all',
  start({ max, action }, world) {
    const { countTokens } = world;
    if (typeof countTokens === 'string') {
      world.warn(countTokens);
      return { apply: () => undefined, findings: () => ({ notCounted: countTokens }) };
    }
    const most = max ?? world.maxTokens;
    let rows = 0;
    let total = 0;
    let longest = 0;
    let over = 0;
    return {
      apply(row) {
        let count: number;
        try {
          count = countTokens(row);
        } catch (error) {
          if (error instanceof TerminalError) throw error;
          // A chat template may refuse a row, e.g. for its roles: that is the row's matter, not the run's.
          return { out: action, why: `its tokens cannot be counted: ${messageOf(error)}` };
        }
        rows += 1;
        total += count;
        longest = Math.max(longest, count);
        if (count <= most) return undefined;
        over += 1;
        return { out: action, why: `${count} tokens, most: ${most}` };
      },
      findings: () => ({ rows, tokens: total, longest, max: most, over }),
    };
  },
};
