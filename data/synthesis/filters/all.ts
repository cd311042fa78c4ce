import type { AnyFilter, FilterName } from '../../../configs/synthesis-filters.ts';
import type { Filter, FollowUp } from '../filter.ts';
import { agreement } from './agreement.ts';
import { decontaminate } from './decontaminate.ts';
import { dedupe } from './dedupe.ts';
import { judge } from './judge.ts';
import { match } from './match.ts';
import { rules } from './rules.ts';

/** Every filter that decides by itself. A filter is only ever given the settings of its own name. */
export const ALL_FILTERS = { rules, dedupe, decontaminate, match } as unknown as Readonly<
  Partial<Record<FilterName, Filter<AnyFilter>>>
>;

/** Every filter that has to ask a generator. */
export const ALL_FOLLOW_UPS = { agreement, judge } as unknown as Readonly<
  Partial<Record<FilterName, FollowUp<AnyFilter>>>
>;
