import { z } from 'zod';
import { Duration } from './duration.ts';
import { msOf } from './duration-ms.ts';

/** Reminders that one approval may send; each is kept in the run's history. */
const MOST_REMINDERS = 500;
/** Ten years, in ms. */
const LONGEST = 315_360_000_000;

/** When people have to agree before a model is promoted. docs/approvals.md has the rules. */
export const Approve = z
  .strictObject({
    when: z
      .enum(['always', 'inconclusive', 'guards'])
      .default('always')
      .describe(
        'Which verdicts people decide on, default always. always: every promotion, and inconclusive verdicts. inconclusive: only those that prove neither side. guards: those where a guard, floor or slice alone stands against a proved gain.',
      ),
    role: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and "-", at most 63 characters')
      .optional()
      .describe('Role that a person has to have, e.g. model-owner. Default: anybody.'),
    members: z
      .array(z.string().min(1).max(200))
      .min(1)
      .optional()
      .describe('Who has the role. Default: whoever says so with --role or ANNEAL_ROLES; that is noted as said.'),
    quorum: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('How many different people have to approve, default 1. One rejection rejects.'),
    expiresIn: Duration.default('7d').describe('How long the run waits for people, default 7d.'),
    remindAfter: Duration.optional().describe(
      'A notice goes out again after this time, and then each time it has passed. Default: none.',
    ),
    onExpiry: z
      .enum(['reject', 'promote'])
      .default('reject')
      .describe(
        'What happens when nobody decided in time, default reject: the champion stays. promote: only where the gate said promote.',
      ),
    requesterMayApprove: z
      .boolean()
      .default(true)
      .describe('Whether who started the run may approve it, default true.'),
  })
  .superRefine(({ expiresIn, remindAfter }, context) => {
    const [length, pause] = [msOf(expiresIn), remindAfter === undefined ? undefined : msOf(remindAfter)];
    if (length > LONGEST)
      context.addIssue({ code: 'custom', path: ['expiresIn'], message: `expected at most 3650d, found ${expiresIn}` });
    else if (pause !== undefined && length / pause > MOST_REMINDERS)
      context.addIssue({
        code: 'custom',
        path: ['remindAfter'],
        message: `every ${remindAfter} for ${expiresIn} is more than ${MOST_REMINDERS} reminders: remind less often`,
      });
  })
  .describe('People who agree before a model is promoted. Default: the gate alone decides.');
export type Approve = z.infer<typeof Approve>;
