import type { Deps } from '../../activities/step/deps.ts';
import type { MirrorResult, WantedGraph } from '../../adapters/mirror.ts';

/** Stands in for Google Cloud, where copies are kept. */
export interface FakeMirror {
  mirroring: NonNullable<Deps['mirroring']>;
  /** Graphs that were asked for. */
  graphs: WantedGraph[];
  /** What happens before anything is copied; may throw. */
  before(): void;
}

/** A mirror that takes everything. */
export function fakeMirror(): FakeMirror {
  const taken = (kind: MirrorResult['kind'], key: string): MirrorResult => ({
    kind,
    key,
    name: `there/${key}`,
    state: 'created',
    what: [],
  });
  const fake: FakeMirror = {
    graphs: [],
    before: () => undefined,
    mirroring: {
      placeOf: async () => ({ project: 'anneal-example', location: 'us-central1' }),
      publish: async (store) => store,
      mirror: {
        models: async (_place, { models }) => models.map(({ key }) => taken('model', key)),
        endpoint: async (_place, { id }) => taken('endpoint', id),
        graph: async (_place, graph) => {
          fake.before();
          fake.graphs.push(graph);
          return [taken('metadata', graph.key)];
        },
        event: async (_place, { key }) => taken('lineage', key),
        close: async () => undefined,
      },
    },
  };
  return fake;
}
