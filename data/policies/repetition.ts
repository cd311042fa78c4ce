import type { PolicySettings } from '../../configs/policies.ts';
import { repetitionShare } from '../detect/repetition.ts';
import { answerOf } from '../row.ts';
import type { Policy } from './policy.ts';

/** Answers that go in circles; of a preference pair only the chosen one, since the other may be bad. */
export const repetition: Policy<PolicySettings<'repetition'>> = {
  name: 'repetition',
  side: 'all',
  start({ maxShare, action }) {
    return {
      apply(row) {
        const share = repetitionShare(answerOf(row));
        if (share <= maxShare) return undefined;
        return { out: action, why: `${share.toFixed(2)} of the answer is repeated, most: ${maxShare}` };
      },
    };
  },
};
