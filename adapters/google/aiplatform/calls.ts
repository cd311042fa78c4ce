import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, TerminalError } from '../../../configs/failure.ts';
import { plain } from '../../../configs/plain.ts';
import { redact } from '../../remote/redact.ts';

/** gRPC status codes that are acted on. */
export const CODE = {
  invalid: 3,
  deadline: 4,
  notFound: 5,
  exists: 6,
  denied: 7,
  exhausted: 8,
  precondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A call is given up after so long, in ms; for an operation this is the order, not the work. */
export const CALL = { timeout: Number(process.env['ANNEAL_VERTEX_TIMEOUT_MS'] ?? 30_000) } as const;

/** May pass by itself. */
const PASSING: readonly number[] = [CODE.deadline, CODE.exhausted, CODE.aborted, CODE.internal, CODE.unavailable];
/** Waits between tries, in ms: three tries more, within 10 s. */
const WAITS = [200, 1000, 5000] as const;

/** The status code of an error of the client library; undefined for any other. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'number' ? code : undefined;
}

/** Whether another try may help. */
export const isPassing = (error: unknown): boolean => PASSING.includes(codeOf(error) ?? -1);

/** Calls that may be made at once, and how many a second after that: below the 600 a minute of a project. */
const PACE = { burst: 100, perSecond: 8 } as const;
let next = 0;

/** Waits for one's turn, so that comparing a thousand runs does not use up the quota of everybody else. */
async function turn(): Promise<void> {
  const spacing = 1000 / PACE.perSecond;
  const now = Date.now();
  next = Math.max(next + spacing, now - PACE.burst * spacing);
  if (next > now) await sleep(next - now);
}

/** Does what may be done again without harm, a few times where the failure may pass. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  for (const wait of WAITS) {
    await turn();
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(wait * (0.5 + Math.random()));
    }
  }
  await turn();
  return work();
}

/** What a lookup finds; undefined where there is nothing. */
export async function lookUp<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await again(work);
  } catch (error) {
    if (codeOf(error) === CODE.notFound) return undefined;
    throw error;
  }
}

const REMEDIES: Record<number, string> = {
  [CODE.invalid]:
    'the ledger holds something that Vertex AI does not take: change it, or leave that part out of google.mirror',
  [CODE.deadline]: '`anneal sync` tries again',
  [CODE.notFound]: 'see whether it was deleted there, and whether google.project and google.location are right',
  [CODE.denied]:
    'give the identity roles/aiplatform.user in the project, and see that aiplatform.googleapis.com is enabled',
  [CODE.exhausted]: 'a quota is used up: wait a minute, then `anneal sync`, or ask for more in the console',
  [CODE.precondition]: 'see in the console what else is at work on it, then `anneal sync`',
  [CODE.aborted]: 'something else changed it at the same time: `anneal sync` tries again',
  [CODE.internal]: '`anneal sync` tries again',
  [CODE.unavailable]: 'Vertex AI cannot be reached: see the network, then `anneal sync`',
  [CODE.unauthenticated]: 'run `gcloud auth application-default login`, or see the service account of the worker',
};

/** One sentence about what was refused, in the vendor's words, with what to do. */
export function sentence(error: unknown, what: string): string {
  if (error instanceof TerminalError) return error.message;
  const code = codeOf(error);
  const details = (error as { details?: unknown } | null)?.details;
  const words = redact(plain(typeof details === 'string' && details !== '' ? details : messageOf(error)))
    .replace(/\s*Resolution note:\s*$/, '')
    .replace(/\.$/, '')
    .slice(0, 300);
  const remedy = code === undefined ? '`anneal sync` tries again' : (REMEDIES[code] ?? '`anneal sync` tries again');
  return `${what}: ${words}; ${remedy}`;
}
