import { setTimeout as sleep } from 'node:timers/promises';
import type { protos } from '@google-cloud/aiplatform';
import { terminal } from '../../../configs/failure.ts';
import { again, CALL, CODE, codeOf, isPassing } from './calls.ts';

/** What an operation is waited for at most, in ms: a model on a machine with accelerators takes half an hour. */
const PATIENCE_MS = 45 * 60_000;
const POLL_MS = { first: 100, most: 15_000 } as const;
const TRIES = 4;

/** The part of a client that looks after long operations. */
interface Operator {
  operationsClient: {
    getOperation(request: protos.google.longrunning.GetOperationRequest, options: typeof CALL): Promise<[Operation]>;
    listOperations(request: protos.google.longrunning.ListOperationsRequest, options: typeof CALL): Promise<unknown>;
  };
}

interface Operation {
  name?: string | null;
  done?: boolean | null;
  error?: { code?: number | null; message?: string | null } | null;
}

/** Something that is made by a long operation: how it is looked for, and how it is ordered. */
export interface Making<T> {
  client: Operator;
  /** The resource whose operations are waited for first: one that was ordered before a kill goes on by itself. */
  resource: string;
  find(): Promise<T | undefined>;
  order(): Promise<[{ name?: string | undefined }, ...unknown[]]>;
  /** What it is, for messages. */
  what: string;
}

/**
 * Makes something once: looks for it, waits for what is under way, looks again, and only then orders it. A reply that
 * was lost, or an operation that another process ordered, is found the same way.
 */
export async function makeOnce<T>({
  client,
  resource,
  find,
  order,
  what,
}: Making<T>): Promise<{ made: T; isNew: boolean }> {
  const known = await find();
  if (known !== undefined) return { made: known, isNew: false };
  let cause: unknown;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await waitForOthers(client, resource)) || tries > 0) {
      const found = await find();
      if (found !== undefined) return { made: found, isNew: tries > 0 };
    }
    try {
      const [{ name }] = await order();
      await waitFor(client, String(name));
      const made = await find();
      if (made !== undefined) return { made, isNew: true };
      cause = terminal('MirrorFailed', `${what}: the operation ended, and it is not there`);
    } catch (error) {
      cause = error;
      const code = codeOf(error);
      // It is there or on its way, or something else is at work: both are found by looking.
      if (!isPassing(error) && code !== CODE.exists && code !== CODE.precondition) throw error;
    }
    await sleep(200 * 3 ** tries * (0.5 + Math.random()));
  }
  throw cause;
}

/** Does something that a long operation does, such as taking a model off an endpoint. */
export async function runOperation(
  client: Operator,
  resource: string,
  order: () => Promise<[{ name?: string | undefined }, ...unknown[]]>,
): Promise<void> {
  await waitForOthers(client, resource);
  const [{ name }] = await order();
  await waitFor(client, String(name));
}

/** Waits for operations of a resource that are under way; says whether there were any. */
async function waitForOthers(client: Operator, resource: string): Promise<boolean> {
  const found = await again(() => listOperations(client, resource)).catch((error: unknown) => {
    // A resource that is not there yet has none; not every service lists them.
    if (isPassing(error)) throw error;
    return [];
  });
  const underWay = found.filter(({ done }) => done !== true);
  for (const { name } of underWay) await waitFor(client, String(name)).catch(() => undefined);
  return underWay.length > 0;
}

async function listOperations(client: Operator, name: string): Promise<Operation[]> {
  const request = { name, filter: '', pageSize: 100, pageToken: '' };
  const answer = await client.operationsClient.listOperations(
    request as unknown as protos.google.longrunning.ListOperationsRequest,
    CALL,
  );
  const [operations] = answer as [Operation[] | null];
  return operations ?? [];
}

/** Waits until an operation is done. @throws what it ended with */
async function waitFor(client: Operator, name: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (let wait: number = POLL_MS.first; Date.now() < until; wait = Math.min(wait * 1.5, POLL_MS.most)) {
    const [operation] = await again(() =>
      client.operationsClient.getOperation({ name } as protos.google.longrunning.GetOperationRequest, CALL),
    );
    if (operation.done === true) {
      const { error } = operation;
      if (!error?.code) return;
      throw Object.assign(new Error(error.message ?? 'the operation failed'), {
        code: error.code,
        details: error.message,
      });
    }
    await sleep(wait);
  }
  throw terminal(
    'MirrorFailed',
    `the operation ${name} is under way for ${PATIENCE_MS / 60_000} minutes: \`anneal sync\` waits on`,
  );
}
