import type { TuneSettings, TuningKind, TuningService } from '../contracts.ts';
import { VertexTuning } from '../../configs/tune-vertex.ts';
import { vendorName } from '../../configs/limits.ts';
import { API_VERSION, openVertex, SUPPOSED_EPOCHS } from './service.ts';

/** Often enough for jobs that take an hour, and far below the limit of calls a minute for any number of runs. */
const POLL_EVERY_MS = 15_000;

/** Vertex AI tunes a Gemini model: supervised or by preference, from the model or from an earlier tuned one. */
export const vertexKind: TuningKind = {
  provider: 'vertex',
  pollEveryMs: POLL_EVERY_MS,
  identity: async () => ({ tuner: 'vertex', api: API_VERSION }),
  keyed: ({ tuner, objective = 'sft', vertex, choose }: TuneSettings) => {
    const { evaluation: _beside, ...settings } = vertex ?? VertexTuning.parse({});
    return { tuner, objective, vertex: settings, ...(choose ? { choose } : {}) };
  },
  passes: ({ vertex }) => vertex?.epochs ?? SUPPOSED_EPOCHS,
  baseOf: (name) => {
    const base = vendorName(name);
    return { provider: 'vertex', model: `publishers/google/models/${base}`, base };
  },
  open: async (settings): Promise<TuningService> => openVertex(settings),
};
