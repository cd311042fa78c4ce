import type { Judge } from '../../../configs/judges.ts';
import type { Method } from './method.ts';
import { pairwise } from './pairwise.ts';
import { pointwise } from './pointwise.ts';
import { rag } from './rag.ts';

const METHODS = { pointwise, pairwise, rag } as const;

/** The way of judging that a judge's settings name. */
export const methodOf = ({ kind }: Judge): Method<Judge> => METHODS[kind];
