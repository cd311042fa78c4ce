import type { FilterSettings } from '../../../configs/synthesis-filters.ts';
import { dedupe as exact } from '../../policies/dedupe.ts';
import { nearDuplicates } from '../../policies/near-duplicates.ts';
import { policyFilter, type Filter } from '../filter.ts';

const same = policyFilter(exact, 'repeats a row', { remembers: true });
const similar = policyFilter(nearDuplicates, 'nearly repeats a row', { remembers: true });

/** Rows that say, or nearly say, what a real row or an earlier synthetic one says. */
export const dedupe: Filter<FilterSettings<'dedupe'>> = {
  name: 'dedupe',
  async start({ by, near, threshold, shingle, of }, world) {
    const first = await same.start({ policy: 'dedupe', by }, world);
    if (near === 'none') return first;
    const second = await similar.start({ policy: 'nearDuplicates', threshold, shingle, of, action: 'drop' }, world);
    return {
      // Only a model is asked in words.
      apply: (candidate) =>
        first.apply(candidate) ??
        (near === 'all' || candidate.ask.messages.length > 0 ? second.apply(candidate) : undefined),
      findings: () => ({ ...first.findings?.(), ...second.findings?.() }),
    };
  },
};
