import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { messageOf, TerminalError } from '../../configs/failure.ts';
import type { MirrorOptions, MirrorPlace, MirrorResult } from '../mirror.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { googleFetch, serviceBase } from './rest.ts';

/** What the Data Lineage API takes as one event, in bytes (cloud.google.com/dataplex/docs/open-lineage). */
const MAX_EVENT_BYTES = 5_000_000;
/** Waits before another try, in ms. */
const WAITS = [500, 3000] as const;

const Taken = z.object({ process: z.string(), run: z.string() });

/**
 * Sends one run event of OpenLineage to the Data Lineage API, where Dataplex shows it. The same event has the same
 * request id, by which the service knows a repeated one. `sent`: its run there, when it was taken before; one that is
 * gone is sent again.
 */
export async function sendEvent(
  { project, location }: MirrorPlace,
  { key, id, body, sent }: { key: string; id: string; body: unknown; sent?: string | undefined },
  { dryRun, signal = new AbortController().signal }: MirrorOptions,
): Promise<MirrorResult> {
  const result: MirrorResult = { kind: 'lineage', key, state: 'equal', what: [] };
  const text = canonicalJson(body);
  const size = Buffer.byteLength(text);
  if (size > MAX_EVENT_BYTES) {
    const why = `the event of ${key} has ${size} bytes, and the Data Lineage API takes ${MAX_EVENT_BYTES}: it has too many inputs and outputs, so it is not shown in Dataplex`;
    return { ...result, state: 'left', why };
  }
  try {
    if (sent !== undefined && (await isThere(sent, signal))) return { ...result, name: sent };
    if (dryRun) return { ...result, state: 'missing', what: ['send the event'] };
    const url = `${serviceBase('datalineage')}/v1/projects/${project}/locations/${location}:processOpenLineageRunEvent?requestId=${requestId(id, sent === undefined ? text : `${text} again ${Date.now()}`)}`;
    const { run } = await patiently(
      () => googleFetch({ url, body, signal, reply: Taken, userProject: project }),
      signal,
    );
    return { ...result, state: 'created', name: run, what: ['sent'] };
  } catch (error) {
    if (signal.aborted) throw error;
    const why = `the event of ${key} in Dataplex: ${messageOf(error)}`;
    return {
      ...result,
      state: 'failed',
      why: error instanceof TerminalError ? why : `${why}; \`anneal sync\` tries again`,
    };
  }
}

async function isThere(run: string, signal: AbortSignal): Promise<boolean> {
  try {
    await patiently(() => googleFetch({ url: `${serviceBase('datalineage')}/v1/${run}`, signal }), signal);
    return true;
  } catch (error) {
    const isGone =
      error instanceof RemoteFailure
        ? error.kind === 'gone'
        : error instanceof TerminalError && error.type === 'NotFound';
    if (isGone) return false;
    // Who may only write is not told: what was taken once is taken as there.
    if (error instanceof TerminalError && error.type === 'NoPermission') return true;
    throw error;
  }
}

/** A few tries where the failure may pass: the service knows a repeated request by its id. */
async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const wait of WAITS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RemoteFailure) || error.kind === 'gone') throw error;
      await sleep(Math.min(error.retryAfterMs ?? wait, 60_000), undefined, { signal });
    }
  }
  return work();
}

/** 36 characters, as the service wants them. */
function requestId(id: string, text: string): string {
  const hex = createHash('sha256').update(`${id}\n${text}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
