import { z } from 'zod';
import { MirrorPlace, MirrorResult, WantedEndpoint, WantedGraph, WantedLine } from '../../mirror.ts';

/** What is asked of the process that holds the client library. */
export const Request = z.discriminatedUnion('call', [
  z.strictObject({
    id: z.int(),
    call: z.literal('models'),
    place: MirrorPlace,
    dryRun: z.boolean(),
    wanted: WantedLine,
  }),
  z.strictObject({
    id: z.int(),
    call: z.literal('endpoint'),
    place: MirrorPlace,
    dryRun: z.boolean(),
    wanted: WantedEndpoint,
  }),
  z.strictObject({
    id: z.int(),
    call: z.literal('graph'),
    place: MirrorPlace,
    dryRun: z.boolean(),
    wanted: WantedGraph,
  }),
]);
export type Request = z.infer<typeof Request>;

/** What it answers. */
export const Reply = z.union([
  z.strictObject({ id: z.int(), results: z.array(MirrorResult) }),
  z.strictObject({ id: z.int(), error: z.strictObject({ type: z.string(), message: z.string() }) }),
]);
export type Reply = z.infer<typeof Reply>;
