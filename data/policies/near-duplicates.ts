import type { PolicySettings } from '../../configs/policies.ts';
import { NearByLength } from '../dedupe/near-by-length.ts';
import { NearIndex } from '../dedupe/near-index.ts';
import { RowPlaces } from '../dedupe/row-places.ts';
import { askedIn, spokenIn } from '../dedupe/spoken.ts';
import type { Policy } from './policy.ts';

/**
 * Finds rows that nearly repeat an earlier one, in one pass. With `report`, too, a row that repeats another is not
 * one to be repeated, so that the report names the very rows that `drop` would take.
 */
export const nearDuplicates: Policy<PolicySettings<'nearDuplicates'>> = {
  name: 'nearDuplicates',
  side: 'train',
  start: ({ threshold, shingle, of, action }, world) => {
    const index = shingle === undefined ? new NearByLength(threshold) : new NearIndex(threshold, shingle);
    const places = new RowPlaces();
    let found = 0;
    return {
      apply(row) {
        const near = index.add(of === 'prompt' ? askedIn(row) : spokenIn(row), places.add(row));
        if (!near) return undefined;
        found += 1;
        // Cut, not rounded: 0.999 is no 1.
        const similarity = (Math.floor(near.similarity * 100) / 100).toFixed(2);
        const why = `nearly repeats ${places.name(near.place, row)} (similarity ${similarity})`;
        return action === 'report' ? { note: why } : { out: action, why };
      },
      findings() {
        const { crowded } = index.held;
        if (crowded > 0)
          world.warn(
            'nearDuplicates: many rows share most of their words, so that not every pair of them was compared; rows made from a template are better told apart by dedupe, or by a higher threshold',
          );
        return { nearDuplicates: found, threshold, crowded };
      },
    };
  },
};
