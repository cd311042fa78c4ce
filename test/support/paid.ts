import { hash } from 'node:crypto';
import type { PaidOrder } from '../../adapters/contracts.ts';

/** What a training of a test is known by, wherever money could be spent. */
export const paidFor = (key: string): PaidOrder => ({
  cacheKey: `sha256:${hash('sha256', key, 'hex')}`,
  isForced: false,
  line: 'contract',
  instance: 'tune',
});
