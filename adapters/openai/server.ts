import { env } from 'node:process';
import { terminal } from '../../configs/failure.ts';
import { OpenAiTuning } from '../../configs/tune-openai.ts';
import type { TuneSettings } from '../contracts.ts';

/** A server of the OpenAI fine-tuning protocol, as a recipe names it. */
export interface Server {
  /** Without a slash at its end, e.g. `https://api.openai.com/v1`. */
  baseUrl: string;
  /** With its port. */
  host: string;
  /** OpenAI itself. */
  isOpenAi: boolean;
  /** On this machine: it sends no bill and may need no key. */
  isHere: boolean;
  apiKeyEnv: string;
  tuning: OpenAiTuning;
}

/** The variable of OpenAI's own key, which goes to no other company. */
export const OPENAI_KEY = 'OPENAI_API_KEY';
/** Hosts that may be asked over plain http, with their ports, apart by commas. */
const HTTP_HOSTS = 'ANNEAL_HTTP_HOSTS';
/** Sent to a server on this machine that asks for none. */
const NO_KEY = 'none';
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** The server that settings name. @throws TerminalError `BadEndpoint` when nothing may be sent there. */
export function serverOf(settings: Pick<TuneSettings, 'openai'>): Server {
  const tuning = OpenAiTuning.parse(settings.openai ?? {});
  const url = URL.parse(tuning.baseUrl);
  const refuse = (why: string): Error => terminal('BadEndpoint', `tune.openai.baseUrl ${why}`);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw refuse('is no http or https address: give one such as https://api.openai.com/v1');
  if (url.username !== '' || url.password !== '')
    throw refuse('holds a user or password: take it out, and name the variable that holds the key (apiKeyEnv)');
  if (url.search !== '' || url.hash !== '')
    throw refuse(`has something behind its path ${url.pathname}, which is not sent: take it out`);
  const isHere = LOOPBACK.includes(url.hostname);
  if (url.protocol === 'http:' && !isHere && !allowed().includes(url.host))
    throw refuse(
      `is plain http to ${url.host}, where anybody on the way reads key and rows: use https, or set ${HTTP_HOSTS}=${url.host} where the worker runs if the network between is yours`,
    );
  return {
    baseUrl: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    host: url.host,
    isOpenAi: url.hostname === 'api.openai.com' || url.hostname.endsWith('.api.openai.com'),
    isHere,
    apiKeyEnv: tuning.apiKeyEnv,
    tuning,
  };
}

const allowed = (): string[] => (env[HTTP_HOSTS] ?? '').split(',').map((host) => host.trim());

/**
 * The key out of the environment, read at each use and never kept.
 *
 * @throws TerminalError `NoApiKey` with the name of the variable.
 */
export function keyOf({ host, isOpenAi, isHere, apiKeyEnv }: Server): string {
  if (apiKeyEnv === OPENAI_KEY && isHere) return NO_KEY;
  if (apiKeyEnv === OPENAI_KEY && !isOpenAi)
    throw terminal(
      'NoApiKey',
      `the key in ${OPENAI_KEY} is OpenAI's and is not sent to ${host}: put the key of that server into another environment variable, and name it in tune.openai.apiKeyEnv`,
      { variable: apiKeyEnv },
    );
  const key = env[apiKeyEnv]?.trim();
  if (!key) {
    throw terminal(
      'NoApiKey',
      `the environment variable ${apiKeyEnv}, which holds the key for ${host}, is not set where the worker runs: set it, then start the worker again`,
      { variable: apiKeyEnv },
    );
  }
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw terminal(
    'NoApiKey',
    `the environment variable ${apiKeyEnv}, which holds the key for ${host}, has spaces or other characters that no key has: set it to the key alone`,
    { variable: apiKeyEnv },
  );
}

/** Where a model is asked; a server on this machine gets a key only when a variable of its own is named. */
export const placeOf = ({ baseUrl, apiKeyEnv, isHere }: Server): { baseUrl: string; apiKeyEnv?: string } => ({
  baseUrl,
  ...(isHere && apiKeyEnv === OPENAI_KEY ? {} : { apiKeyEnv }),
});
