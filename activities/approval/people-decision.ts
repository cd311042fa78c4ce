import { z } from 'zod';

/** What people decided about a candidate; it counts in place of the gate's verdict, which stays as it is. */
export const PeopleDecision = z.strictObject({
  /** Id of the approval. */
  id: z.string(),
  decision: z.enum(['approved', 'rejected', 'expired', 'voided']),
  promote: z.boolean(),
  /** Who decided; nobody where the time was up. */
  by: z.array(z.string()),
  /** In a sentence. */
  why: z.string(),
});
export type PeopleDecision = z.infer<typeof PeopleDecision>;
