import { terminal, TerminalError } from '../../configs/failure.ts';
import { AskFailed } from '../endpoint/errors.ts';
import { networkError } from '../endpoint/failures.ts';
import { wordsOf, type Words } from '../endpoint/reply.ts';
import { waitOf } from '../endpoint/retry-after.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { redact } from '../remote/redact.ts';
import { OPENAI_KEY, type Server } from './server.ts';

/** What was being done, as far as an error needs it. */
export type Doing =
  | { what: 'create'; model: string }
  | { what: 'upload' }
  | { what: 'list' }
  | { what: 'job' | 'cancel'; job: string };

export interface Asked {
  server: Server;
  /** Taken out of everything that is shown. */
  key: string;
  doing: Doing;
  signal: AbortSignal;
}

/** The client library's error, of which only the shape is relied on. */
interface Reply {
  status: number;
  error?: unknown;
  message: string;
  headers?: Headers | undefined;
}

/** What went wrong with a call, as a TerminalError or a RemoteFailure; of an aborted call its reason. */
export function failureOf(error: unknown, asked: Asked): unknown {
  const { server, doing, signal } = asked;
  if (error instanceof TerminalError || error instanceof RemoteFailure) return error;
  const from = server.host;
  const lost = doing.what === 'create' ? 'ambiguous' : 'away';
  if (signal.aborted) {
    const isLate = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    return isLate ? new RemoteFailure(lost, `${from} gave no reply in time`, { cause: error }) : signal.reason;
  }
  if (isReply(error)) return refusalOf(error, asked);
  if (!(error instanceof Error)) return error;
  if (error.constructor.name === 'APIConnectionTimeoutError')
    return new RemoteFailure(lost, `${from} gave no reply in time`, { cause: error });
  if (error instanceof SyntaxError)
    return new RemoteFailure(lost, `${from} answered with JSON that is cut short or broken`, { cause: error });
  const [cause] = causes(error).toReversed();
  if (((cause as { code?: string }).code ?? '').startsWith('UND_ERR_CONNECT'))
    return new RemoteFailure('away', `${from} cannot be reached: check tune.openai.baseUrl and the network`, {
      cause: error,
    });
  if (cause?.message === 'bad port')
    return terminal('BadEndpoint', `${from} has a port that is kept for another protocol: give the server another one`);
  const failed = networkError(cause, from);
  const text = redact(failed.message.replace('the base URL', 'tune.openai.baseUrl'), [asked.key]);
  const hint = /\(E(NOTFOUND|AI_AGAIN)\)/.test(text) ? ': check tune.openai.baseUrl and the network' : '';
  return new RemoteFailure(failed instanceof AskFailed && failed.mayBePaid ? lost : 'away', `${text}${hint}`, {
    cause: error,
  });
}

/** A reply with status 200 that is none of this protocol. */
export function malformed({ host }: Server, doing: Doing, what: string): RemoteFailure {
  return new RemoteFailure(doing.what === 'create' ? 'ambiguous' : 'away', `${host} answered with ${what}`);
}

const isReply = (error: unknown): error is Reply =>
  error instanceof Error && typeof (error as { status?: unknown }).status === 'number';

/** The error and what caused it, outermost first; of several addresses of a name, all fail for one reason. */
function causes(error: Error): Error[] {
  const found = [error];
  for (let next: unknown = error.cause; next instanceof Error && found.length < 10; next = next.cause) found.push(next);
  return found;
}

function refusalOf(reply: Reply, asked: Asked): Error {
  const { status, headers } = reply;
  const { server, doing } = asked;
  const from = server.host;
  const words = saidIn(reply, asked.key);
  const said = `${status}${words.text === '' ? '' : `: ${words.text}`}`;
  const wait = headers ? waitOf(headers) : undefined;
  const retry = wait === undefined ? {} : { retryAfterMs: wait };
  const kinds = words.kinds.join(' ');
  if (status === 402 || /insufficient_quota|billing/.test(kinds))
    return terminal(
      'NoCredit',
      `${from} says that the account has nothing left to spend (${said}): add credit, then \`anneal rerun\``,
      { status },
    );
  if (status === 429)
    return new RemoteFailure('quota', `${from} asks one to wait, a quota is used up (${said})`, retry);
  if (status >= 500 && status !== 501)
    return doing.what === 'create'
      ? new RemoteFailure('ambiguous', `${from} failed, and may have taken the job (${said})`, retry)
      : new RemoteFailure('away', `${from} is out of order (${said})`, retry);
  if ([408, 409, 425].includes(status))
    return new RemoteFailure(
      doing.what === 'create' ? 'ambiguous' : 'away',
      `${from} did not take the request (${said})`,
      retry,
    );
  const isGone = (status === 404 || status === 410) && (doing.what === 'job' || doing.what === 'cancel');
  if (isGone) return new RemoteFailure('gone', `${from} does not know the job ${doing.job} any more (${said})`);
  const [type, remedy] = remedyOf(status, words, asked);
  return terminal(type, `${from} refuses (${said}): ${remedy}`, { status });
}

function remedyOf(status: number, words: Words, { server, doing }: Asked): [type: string, remedy: string] {
  const { isOpenAi, apiKeyEnv, baseUrl } = server;
  const { text, param } = words;
  const kinds = words.kinds.join(' ');
  if (status === 401 || /invalid_api_key/.test(kinds))
    return [
      'KeyRefused',
      server.isHere && apiKeyEnv === OPENAI_KEY
        ? `no key was sent, for the one in ${OPENAI_KEY} is for OpenAI alone; name the variable that holds the key of this server in tune.openai.apiKeyEnv`
        : `the key comes from the environment variable ${apiKeyEnv} of the worker; put a valid one there`,
    ];
  if (status === 403)
    return [
      'NoPermission',
      isOpenAi
        ? 'OpenAI takes fine-tuning jobs from fewer and fewer organizations, and from none after 2027-01-06; docs/openai-tuning.md names other ways'
        : `the key in ${apiKeyEnv} may not do this; give its owner the right, or use another key`,
    ];
  if (status === 413)
    return ['TooLarge', 'the file is larger than the server takes; train on fewer or shorter rows (data.policies)'];
  if (status >= 300 && status < 400)
    return [
      'BadEndpoint',
      'it sends one elsewhere, which is not followed; give the final address in tune.openai.baseUrl',
    ];
  const isModel = param === 'model' || /\bmodel\b/i.test(text) || /model_not/.test(kinds);
  if (doing.what === 'create' && isModel && status !== 405)
    return [
      'NoModel',
      `choose a model that this server can tune (model.for.openai, now ${doing.model})${isOpenAi ? ' and that is not retired' : ''}`,
    ];
  if (status === 404 && /\bfile\b/i.test(text))
    return ['FileGone', 'the uploaded rows are not there any more; `anneal rerun` uploads them again'];
  if ([404, 405, 501].includes(status))
    return [
      'NoRoutes',
      `${baseUrl}${doing.what === 'upload' ? '/files' : '/fine_tuning/jobs'} is not there; check tune.openai.baseUrl (it often ends in /v1), or take a server of the OpenAI fine-tuning protocol (docs/openai-tuning.md)`,
    ];
  if (/file|training_file|validation_file/.test(param ?? '') || /invalid_training_file|invalid_file/.test(kinds))
    return ['BadData', 'the server does not take the rows as they are; mend them, then run again'];
  return ['RequestRefused', 'change what it names, then run again; what was done before is kept'];
}

/** What the body of a refusal says, in one line without secrets. */
function saidIn({ status, error, message }: Reply, key: string): Words {
  const body =
    error === undefined || error === null
      ? message.replace(new RegExp(`^${status} (?:status code \\(no body\\))?`), '')
      : JSON.stringify(isWrapped(error) ? error : { error });
  const words = wordsOf(body, key);
  return { ...words, text: redact(words.text, [key]).replace(/\.$/, '') };
}

/** The library takes `error` out of a body; where there was none, the body is whole. */
const isWrapped = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && ('detail' in error || 'error' in error);
