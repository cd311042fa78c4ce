import type { Mirror, MirrorOptions, MirrorPlace, MirrorResult } from '../mirror.ts';
import { createAiplatform } from './aiplatform/process.ts';
import { sendEvent } from './openlineage.ts';

/**
 * Keeps the copies at Google: Model Registry, endpoints, ML Metadata, Experiments and Dataplex. The client library
 * lives in a process of its own, which is there only while there is work for it.
 */
export function createGoogleMirror(settings: { idleMs?: number } = {}): Mirror & { readonly pid: number | undefined } {
  const aiplatform = createAiplatform(settings);
  return {
    models: (place, wanted, { dryRun, signal }) => aiplatform.ask({ call: 'models', place, wanted, dryRun }, signal),
    endpoint: async (place, wanted, { dryRun, signal }) => {
      const [result] = await aiplatform.ask({ call: 'endpoint', place, wanted, dryRun }, signal);
      return result as MirrorResult;
    },
    graph: (place, wanted, { dryRun, signal }) => aiplatform.ask({ call: 'graph', place, wanted, dryRun }, signal),
    event: (place: MirrorPlace, event, options: MirrorOptions) => sendEvent(place, event, options),
    close: () => aiplatform.close(),
    get pid() {
      return aiplatform.pid;
    },
  };
}
