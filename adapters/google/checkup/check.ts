import { z } from 'zod';
import { messageOf } from '../../../configs/failure.ts';

/** One thing that was looked at. */
export interface CloudCheck {
  name: string;
  ok: boolean;
  /** What was found, in a sentence. */
  found: string;
  remedy?: string | undefined;
  /** Why it is not ok and does not stop a run: it could not be looked at, or only something optional is missing. */
  note?: string | undefined;
}

/** Asks Google one question, for a bounded time. */
export type Ask = <Reply>(request: {
  url: string;
  body?: unknown;
  isRead?: boolean;
  reply: z.ZodType<Reply>;
}) => Promise<Reply>;

/** What the `testIamPermissions` methods answer. */
export const Granted = z.object({ permissions: z.array(z.string()).default([]) });

/** A check that found an error. @param note Given where it could only not be looked at, which stops no run. */
export const failed = (name: string, error: unknown, note?: string): CloudCheck => ({
  name,
  ok: false,
  found: messageOf(error),
  ...(note === undefined ? {} : { note }),
});
