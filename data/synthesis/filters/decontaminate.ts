import type { FilterSettings } from '../../../configs/synthesis-filters.ts';
import { decontaminate as policy } from '../../policies/decontaminate.ts';
import { policyFilter, type Filter } from '../filter.ts';

const wrapped = policyFilter(policy, 'repeats a test row', { remembers: false });

/** Rows that repeat a test row. */
export const decontaminate: Filter<FilterSettings<'decontaminate'>> = {
  name: 'decontaminate',
  start: ({ against, gram, minShare }, world) =>
    wrapped.start({ policy: 'decontaminate', against, gram, minShare, action: 'drop' }, world),
};
