import { messageOf, systemCode, TerminalError } from '../../configs/failure.ts';
import { addressOf, keyFrom } from './address.ts';
import { readBody } from './body.ts';
import { modelNames } from './failures.ts';
import { send } from './send.ts';

/** For the list of models, in ms: who is slower than that is left alone, since slow is not wrong. */
const PATIENCE_MS = 1000;

/** What would keep an endpoint from answering, by the setting that is to be mended. */
export interface ReachProblem {
  field: 'baseUrl' | 'apiKey';
  message: string;
}

/** What a look at an endpoint found: a problem, or the names of its models where it tells them. */
export type Reached = { problem: ReachProblem } | { models: string[] };

/** Asks an endpoint for the list of its models, which costs nothing. */
export async function reach({ baseUrl, apiKey }: { baseUrl: string; apiKey?: string | undefined }): Promise<Reached> {
  const { models, shown } = addressOf(baseUrl);
  let key: string | undefined;
  try {
    key = keyFrom(apiKey, shown);
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    return { problem: { field: 'apiKey', message: error.message } };
  }
  const headers = { accept: 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
  try {
    const { status, body } = await send(models, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (status === 401 || status === 403) {
      body.destroy();
      const remedy = apiKey ? `put a valid key into ${apiKey}` : 'name the environment variable that holds the key';
      return { problem: { field: 'apiKey', message: `${shown} refuses access (${status}): ${remedy}` } };
    }
    return { models: status === 200 ? modelNames(await readBody(body, shown)) : [] };
  } catch (error) {
    return awayOf(error, shown) ?? { models: [] };
  }
}

/** Only what says that nobody is there: a run would try for minutes, and then fail. */
function awayOf(error: unknown, shown: string): Reached | undefined {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const code = systemCode(first);
  if (code === 'ECONNREFUSED')
    return {
      problem: { field: 'baseUrl', message: `nothing listens at ${shown}: start the server, or check the URL` },
    };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const message = `the host of ${shown} cannot be found (${messageOf(first)}): check the URL and the network`;
    return { problem: { field: 'baseUrl', message } };
  }
  return undefined;
}
