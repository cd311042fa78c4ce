import { z } from 'zod';

/** Parts of a test set that are reported, and can be guarded, by themselves. */

const isPattern = (pattern: string): boolean => {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
};

const When = z
  .strictObject({
    of: z
      .enum(['prompt', 'reference'])
      .default('prompt')
      .describe('What is looked at. prompt (default): the last user message. reference: the answer expected.'),
    minWords: z.int().min(0).optional().describe('Fewest words, as Unicode divides them. Default: no limit.'),
    maxWords: z.int().min(0).optional().describe('Most words. Default: no limit.'),
    contains: z.string().min(1).max(1000).optional().describe('A text that occurs in it, whatever the case.'),
    matches: z
      .string()
      .min(1)
      .max(1000)
      .refine(isPattern, 'expected a regular expression in the syntax of JavaScript with the flag u')
      .optional()
      .describe(
        'A regular expression (JavaScript, flag u) that matches somewhere in its first 20,000 characters. One that takes over 100 ms on many rows ends the run.',
      ),
    language: z
      .string()
      .regex(/^[a-z]{2}$/, 'expected a two-letter code, e.g. ko')
      .optional()
      .describe(
        'The language it is in (ISO 639-1), guessed from its letters; where they say too little, it is in none.',
      ),
  })
  .refine(({ of: _of, ...conditions }) => Object.values(conditions).some((value) => value !== undefined), {
    message: 'expected at least one of minWords, maxWords, contains, matches and language',
  });
export type SliceRule = z.infer<typeof When>;

const Named = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s=][^=\r\n]{0,62}$/u, 'expected a name without "=", at most 63 characters')
    .describe('What the slice is called in the report and in gate.guards.'),
  when: When.describe('Conditions; a row is in the slice when all of them hold.'),
});

const nameOf = (slice: string | { name: string }): string => (typeof slice === 'string' ? slice : slice.name);

export const Slices = z
  .array(
    z.union([
      z
        .string()
        .min(1)
        .max(200)
        .refine((column) => !column.includes('='), 'expected the name of a column, without "="'),
      Named,
    ]),
  )
  .min(1)
  .max(50)
  .refine((slices) => new Set(slices.map(nameOf)).size === slices.length, 'expected each name once')
  .describe(
    'Slices: a column of the rows, or `label` for their class (makes queue=billing, queue=refund …, the 50 most frequent values and `other`), or a rule with a name, e.g. { name: long, when: { minWords: 40 } }. Too many: some look bad by chance. Too few: a group that got worse is not seen.',
  );
export type Slices = z.infer<typeof Slices>;
