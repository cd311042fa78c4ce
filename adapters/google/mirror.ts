import { withLock } from '../../artifacts/lock.ts';
import type { Mirror, MirrorOptions, MirrorPlace, MirrorResult } from '../mirror.ts';
import { createAiplatform } from './aiplatform/process.ts';
import { sendEvent } from './openlineage.ts';

/** Another process of this state folder is waited for so long while it uploads, in ms: as long as an upload may take. */
const PATIENCE_MS = 50 * 60_000;

/**
 * Keeps the copies at Google: Model Registry, endpoints, ML Metadata, Experiments and Dataplex. The client library
 * lives in a process of its own, which is there only while there is work for it.
 *
 * @param settings.lock A file: who holds it alone uploads models, for the registry takes the same version twice.
 */
export function createGoogleMirror(
  settings: { idleMs?: number; lock?: string } = {},
): Mirror & { readonly pid: number | undefined } {
  const { lock } = settings;
  const aiplatform = createAiplatform(settings);
  return {
    models: async (place, wanted, { dryRun, signal }) => {
      const ask = (): Promise<MirrorResult[]> => aiplatform.ask({ call: 'models', place, wanted, dryRun }, signal);
      return dryRun || lock === undefined ? ask() : withLock(lock, PATIENCE_MS, ask, undefined, signal);
    },
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
