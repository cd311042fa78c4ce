import { z } from 'zod';

/** Pairs of answers, as they are drawn for people and as people rate them. */

/** What a person can say of a pair; skipped: shown, and passed over. */
export const CHOICES = ['candidate', 'champion', 'same', 'skipped'] as const;
export type Choice = (typeof CHOICES)[number];

const SIDES = ['candidate', 'champion'] as const;
export type Side = (typeof SIDES)[number];

/** One row with both answers; null: no answer came. */
export const Pair = z.strictObject({
  id: z.string().min(1),
  prompt: z.string(),
  reference: z.string().optional(),
  candidate: z.string().nullable(),
  champion: z.string().nullable(),
});
export type Pair = z.infer<typeof Pair>;

/** A row of a task that nobody has to be asked about: equal answers are equal, and an answer beats none. */
export const Known = z.strictObject({ id: z.string().min(1), known: z.number().min(0).max(1) });
export type Known = z.infer<typeof Known>;

/** One line of a RatingTask: a pair that was drawn, or a row that is known. */
export const TaskLine = z.union([Pair, Known]);
export type TaskLine = z.infer<typeof TaskLine>;

/** One line of Ratings. */
export const Rating = z
  .strictObject({
    id: z.string().min(1),
    rater: z.string().min(1).max(200),
    choice: z.enum(CHOICES).optional(),
    /** Of one side by itself, in place of a choice. */
    score: z.number().optional(),
    at: z.iso.datetime(),
    /** sha256 of exactly what was shown. */
    shown: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hex digits'),
    /** Which was shown first; of a score, which was shown. */
    slot: z.enum(SIDES),
    prompt: z.string(),
    reference: z.string().optional(),
    candidate: z.string().nullable(),
    champion: z.string().nullable(),
  })
  .refine(({ choice, score }) => (choice === undefined) !== (score === undefined), 'expected either choice or score');
export type Rating = z.infer<typeof Rating>;

/** How much of a choice goes to the candidate; undefined: nobody could say. */
export const valueOf = (choice: Choice | undefined): number | undefined =>
  choice === 'candidate' ? 1 : choice === 'same' ? 0.5 : choice === 'champion' ? 0 : undefined;

/** What is known of a pair without asking anybody; undefined: it has to be looked at. */
export function knownOf({ candidate, champion }: Pick<Pair, Side>): number | undefined {
  if (candidate === champion) return 0.5;
  if (candidate === null) return 0;
  return champion === null ? 1 : undefined;
}
