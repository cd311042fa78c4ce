import type { PolicySettings } from '../../configs/policies.ts';
import { TerminalError, messageOf } from '../../configs/failure.ts';
import type { Policy } from './policy.ts';

/** So many rows are counted exactly; of further ones only those that a cheap bound does not let through. */
const COUNTED = 20_000;

/** Rows that are longer than the tuner takes; where tokens cannot be counted every row stays and a warning says why. */
export const tokens: Policy<PolicySettings<'tokens'>> = {
  name: 'tokens',
  side: 'all',
  start({ max, action }, world) {
    const { countTokens, tokensAtMost } = world;
    if (typeof countTokens === 'string') {
      world.warn(countTokens);
      return { apply: () => undefined, findings: () => ({ notCounted: countTokens }) };
    }
    const most = max ?? world.maxTokens;
    let rows = 0;
    let counted = 0;
    let total = 0;
    let longest = 0;
    let over = 0;
    return {
      apply(row) {
        rows += 1;
        let count: number;
        try {
          if (rows > COUNTED && tokensAtMost && tokensAtMost(row) <= most) return undefined;
          count = countTokens(row);
        } catch (error) {
          // A chat template may refuse a row, e.g. for its roles: that is the row's matter, not the run's.
          return { out: action, why: `cannot be given to the model: ${reasonOf(error)}` };
        }
        counted += 1;
        total += count;
        longest = Math.max(longest, count);
        if (count <= most) return undefined;
        over += 1;
        return { out: action, why: `${count} tokens, most: ${most}` };
      },
      findings: () => ({ rows, counted, tokens: total, longest, max: most, over }),
    };
  },
};

/** @throws what is no fault of the row. */
function reasonOf(error: unknown): string {
  if (!(error instanceof TerminalError)) return messageOf(error);
  const { why } = error.details;
  if (error.type === 'BadData' && typeof why === 'string') return why;
  throw error;
}
