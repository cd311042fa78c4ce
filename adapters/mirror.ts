import { z } from 'zod';

/** A copy of what the ledger says, kept where others look. It is written, compared and repaired; nothing is read from it as the truth. */

const Labels = z.record(z.string(), z.string());
/** What a Struct can hold. */
const Json: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(Json), z.record(z.string(), Json)]),
);
/** Plain data. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Where the copies are kept. */
export const MirrorPlace = z.strictObject({
  project: z.string(),
  location: z.string(),
  kmsKey: z.string().optional(),
  serviceAccount: z.string().optional(),
});
export type MirrorPlace = z.infer<typeof MirrorPlace>;

/** A container that serves a model of one's own. */
export const Container = z.strictObject({
  imageUri: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  ports: z.array(z.int()).optional(),
  predictRoute: z.string().optional(),
  healthRoute: z.string().optional(),
});
export type Container = z.infer<typeof Container>;

/** A version of a line of models as a registry should show it. */
export const WantedModel = z.strictObject({
  /** `name@vN`. */
  key: z.string(),
  /** Name in the registry, with its version; undefined: it is looked for. */
  registered: z.string().optional(),
  /** Tuning job that made it, and endpoint that answers for it: ways to find it. */
  job: z.string().optional(),
  endpoint: z.string().optional(),
  /** What is put there when it is not; undefined: only the vendor can. */
  upload: z
    .strictObject({
      modelId: z.string(),
      displayName: z.string(),
      artifactUri: z.string(),
      container: Container.optional(),
    })
    .optional(),
  labels: Labels,
  /** Label by which it is known: key and value. */
  mark: z.tuple([z.string(), z.string()]),
  aliases: z.array(z.string()),
  description: z.string(),
});
export type WantedModel = z.infer<typeof WantedModel>;

/** Versions of one line. */
export const WantedLine = z.strictObject({
  models: z.array(WantedModel),
  /** Aliases that belong to the line: where they are on another of its versions, they are taken off it. */
  ownAliases: z.array(z.string()),
});
export type WantedLine = z.infer<typeof WantedLine>;

/** Machines of a deployed model; undefined: the vendor's own, for its tuned models. */
export const Machines = z.strictObject({
  type: z.string(),
  accelerator: z.string().optional(),
  acceleratorCount: z.int().optional(),
  min: z.int(),
  max: z.int(),
});
export type Machines = z.infer<typeof Machines>;

/** An endpoint and what it should serve. */
export const WantedEndpoint = z.strictObject({
  id: z.string(),
  displayName: z.string(),
  labels: Labels,
  /** Label by which it is known as ours. */
  mark: z.tuple([z.string(), z.string()]),
  serves: z.array(
    z.strictObject({
      /** `name@vN`. */
      key: z.string(),
      /** Digits, the same each time for the same version. */
      id: z.string(),
      model: z.string(),
      /** Percent of the traffic. */
      share: z.int(),
    }),
  ),
  machines: Machines.optional(),
  /** Ids of all versions of the line: those that are not served any more are taken off. */
  ownIds: z.array(z.string()),
});
export type WantedEndpoint = z.infer<typeof WantedEndpoint>;

const Node = {
  id: z.string(),
  title: z.string(),
  displayName: z.string(),
  labels: Labels,
  metadata: z.record(z.string(), Json),
};

/** Contexts, artifacts, executions and what connects them. Ids are the same each time. */
export const WantedGraph = z.strictObject({
  /** The run. */
  key: z.string(),
  contexts: z.array(
    z.strictObject({
      ...Node,
      /** Id of the context that it belongs to; it stands before this one. */
      parent: z.string().optional(),
      /** Artifacts and executions belong to it. */
      hasMembers: z.boolean(),
      /** Shared by runs: what is there is left as it is. */
      isShared: z.boolean(),
    }),
  ),
  artifacts: z.array(z.strictObject({ ...Node, uri: z.string() })),
  executions: z.array(
    z.strictObject({ ...Node, state: z.enum(['RUNNING', 'COMPLETE', 'FAILED', 'CACHED', 'CANCELLED']) }),
  ),
  events: z.array(z.strictObject({ execution: z.string(), artifact: z.string(), type: z.enum(['INPUT', 'OUTPUT']) })),
});
export type WantedGraph = z.infer<typeof WantedGraph>;

/** What became of one thing. */
export const MirrorResult = z.strictObject({
  kind: z.enum(['model', 'endpoint', 'metadata', 'experiment', 'lineage']),
  /** The ledger's name of it. */
  key: z.string(),
  /** Its name there; absent where it is not there. */
  name: z.string().optional(),
  /** `missing` and `differs` are only said where nothing is to be changed; `left`: it cannot be mirrored, and why. */
  state: z.enum(['equal', 'created', 'changed', 'missing', 'differs', 'failed', 'left']),
  /** What was or would be done, in a few words each. */
  what: z.array(z.string()),
  /** A sentence about `failed` and `left`. */
  why: z.string().optional(),
});
export type MirrorResult = z.infer<typeof MirrorResult>;

/** How it is done: only looked at, or set right as well. */
export interface MirrorOptions {
  dryRun: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Keeps the copies. Every method may be repeated at any time, also after a kill in mid-way: what is right is left
 * alone. What cannot be done is a result of state `failed`, never an error, except for a place that cannot be reached
 * with these credentials at all.
 */
export interface Mirror {
  models(place: MirrorPlace, line: WantedLine, options: MirrorOptions): Promise<MirrorResult[]>;
  endpoint(place: MirrorPlace, endpoint: WantedEndpoint, options: MirrorOptions): Promise<MirrorResult>;
  graph(place: MirrorPlace, graph: WantedGraph, options: MirrorOptions): Promise<MirrorResult[]>;
  /** Sends an event of OpenLineage; `sent`: the name under which it was taken before. */
  event(
    place: MirrorPlace,
    event: { key: string; id: string; body: unknown; sent?: string | undefined },
    options: MirrorOptions,
  ): Promise<MirrorResult>;
  /** Lets go of everything; a later call begins anew. */
  close(): Promise<void>;
}
