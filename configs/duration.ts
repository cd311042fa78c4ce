import { z } from 'zod';

/** A length of time as people write it: a whole number with s, m, h, d or w behind it; `msOf` reads it. */
export const Duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhdw]$/, 'expected a whole number and a unit: s, m, h, d or w, e.g. 12h');

export { durationOf, msOf } from './duration-ms.ts';
