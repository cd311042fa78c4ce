import type { TuneSettings, TuningKind } from '../contracts.ts';
import { objectiveOf } from './rows.ts';
import { placeOf, serverOf } from './server.ts';
import { createOpenAiService } from './service.ts';

/** Asks of a job are so far apart, in ms: jobs take minutes to hours. */
const POLL_MS = 15_000;

/** Epochs that an estimate supposes where the server chooses. */
const SUPPOSED_EPOCHS = 3;

/** Changes when the same rows are written down or ordered in another way. */
const FORM = '1';

/** Any server of the OpenAI fine-tuning protocol: supervised tuning and direct preference optimization. */
export const openAiKind: TuningKind = {
  provider: 'openai',
  pollEveryMs: POLL_MS,
  identity: async (settings) => ({ tuner: 'openai', server: serverOf(settings).baseUrl, form: FORM }),
  keyed,
  passes: (settings) => {
    const { epochs = 'auto' } = serverOf(settings).tuning;
    return epochs === 'auto' ? SUPPOSED_EPOCHS : epochs;
  },
  baseOf: (name, settings) => {
    return { provider: 'openai', model: name, base: name, ...placeOf(serverOf(settings)) };
  },
  open: async (settings) => createOpenAiService(settings),
};

/** What the result depends on: not names, keys, prices and paces. */
function keyed(settings: TuneSettings): unknown {
  const {
    epochs = 'auto',
    batchSize = 'auto',
    learningRateMultiplier = 'auto',
    beta = 'auto',
    validation,
  } = serverOf(settings).tuning;
  const { seed, choose } = settings;
  const objective = objectiveOf(settings);
  return {
    tuner: 'openai',
    objective,
    seed,
    epochs,
    batchSize,
    learningRateMultiplier,
    ...(objective === 'preference' ? { beta } : {}),
    ...(validation === undefined ? {} : { validation }),
    ...(choose ? { choose } : {}),
  };
}
