import { createHash } from 'node:crypto';
import type { Call, Reply } from '../http-server.ts';
import { invalid, Refusal } from './errors.ts';
import type { Journal } from './journal.ts';
import { canonical } from './state.ts';

const MAX_BYTES = 5_000_000;
const EVENTS = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'];

interface RunEvent {
  eventType?: string;
  eventTime?: string;
  run?: { runId?: string };
  job?: { namespace?: string; name?: string };
  inputs?: { namespace: string; name: string }[];
  outputs?: { namespace: string; name: string }[];
}

/** A run as the Data Lineage API keeps it. */
export interface StoredRun {
  name: string;
  state: string;
  /** Bodies of its events, one for each request. */
  events: RunEvent[];
}

/** The Data Lineage API, as far as events of OpenLineage go; undefined: the call is for another service. */
export function dataLineage(journal: Journal, call: Call): Reply | undefined {
  const path = call.path.replace(/^\/v1\//, '');
  const [, parent] = /^(projects\/[^/]+\/locations\/[^/]+):processOpenLineageRunEvent$/.exec(path) ?? [];
  if (parent !== undefined) return { status: 200, body: take(journal, canonical(parent), call) };
  if (!/^projects\/[^/]+\/locations\/[^/]+\/processes\/[^/]+\/runs\/[^/]+$/.test(path)) return undefined;
  const found = journal.get<StoredRun>('lineageRuns', canonical(path));
  if (!found) throw new Refusal('NOT_FOUND', `Run ${path} not found.`);
  return { status: 200, body: { name: found.name, state: found.state } };
}

function take(journal: Journal, parent: string, call: Call): object {
  if (call.body.length > MAX_BYTES) throw invalid(`the message has ${call.body.length} bytes, more than 5 MB`);
  const requestId = call.query.get('requestId') ?? '';
  if (!/^[\x21-\x7e]{0,36}$/.test(requestId)) throw invalid('requestId: at most 36 ASCII characters', 'requestId');
  const event = JSON.parse(call.body.toString()) as RunEvent;
  const { runId = '' } = event.run ?? {};
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(runId)) throw invalid('run.runId is no UUID', 'run.runId');
  if (!EVENTS.includes(event.eventType ?? '')) throw invalid(`eventType "${event.eventType}"`, 'eventType');
  if (Number.isNaN(Date.parse(event.eventTime ?? ''))) throw invalid('eventTime is no instant', 'eventTime');
  if (!event.job?.namespace || !event.job.name) throw invalid('job needs namespace and name', 'job');
  for (const { namespace, name } of [...(event.inputs ?? []), ...(event.outputs ?? [])])
    if (`${namespace}:${name}`.length > 4000) throw invalid('a name of a dataset has more than 4000 characters');
  const process = `${parent}/processes/${hash(`${event.job.namespace}:${event.job.name}`)}`;
  const name = `${process}/runs/${hash(runId)}`;
  const known = journal.get<StoredRun>('lineageRuns', name);
  const isRepeated = requestId !== '' && journal.get('lineageRequests', requestId) !== undefined;
  if (!isRepeated) {
    const events = [...(known?.events ?? []), event];
    journal.change([
      { kind: 'lineageRuns', name, value: { name, state: event.eventType, events } },
      { kind: 'lineageRequests', name: requestId, value: name },
    ]);
  }
  return { process, run: name, lineageEvents: [`${name}/lineageEvents/${hash(call.body.toString())}`] };
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);
