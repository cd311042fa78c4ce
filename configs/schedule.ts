import { z } from 'zod';
import { Duration } from './duration.ts';

/** How a person says what an action does that finds another run of its line at work, as Temporal's users know it. */
export const OVERLAPS = { skip: 'skip', 'buffer-one': 'queue', 'cancel-other': 'cancel' } as const;

/** When a schedule acts and how, as it was asked for. Neither cron nor every: it acts on triggers alone. */
export const ScheduleSpec = z.strictObject({
  cron: z.array(z.string().min(1).max(200)).max(20).default([]),
  every: Duration.nullable().default(null),
  /** IANA name of the zone that cron expressions are read in and times are shown in. */
  timezone: z.string().default('UTC'),
  /** null: as `continuous.overlap` of the recipe says. */
  overlap: z
    .enum(Object.keys(OVERLAPS) as (keyof typeof OVERLAPS)[])
    .nullable()
    .default(null),
  /** How late an action may be after the server was away; later ones are missed. */
  catchup: Duration.default('2d'),
  /** `--set` options that the recipe file was read with, and the folder that their paths start from. */
  set: z.array(z.string()).default([]),
  folder: z.string(),
  note: z.string().max(2000).optional(),
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/** What was told of a schedule by now, so that nothing is told twice. */
export const ScheduleTold = z.strictObject({
  /** Temporal's counter of actions that came later than the catch-up window. */
  missed: z.int().default(0),
  /** The pause that it is in; null: none. */
  paused: z
    .strictObject({
      by: z.string(),
      why: z.string(),
      since: z.string(),
      /** Actions not taken in it until `until`. */
      counted: z.int().default(0),
      until: z.string(),
    })
    .nullable()
    .default(null),
});
export type ScheduleTold = z.infer<typeof ScheduleTold>;

/** How a run that a schedule set going names what set it going. */
export const triggerOfSchedule = (name: string): string => `schedule:${name}`;
