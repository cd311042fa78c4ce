import { createServer, connect } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../adapters/local/processes.ts';
import { withLock } from '../artifacts/lock.ts';
import { terminal } from '../configs/failure.ts';
import { SEARCH_ATTRIBUTES } from '../configs/search-attributes.ts';
import { cacheDir, findTemporal } from '../scripts/toolchain.js';
import { startInBackground } from './background.ts';
import type { Home } from './home.ts';
import { lastPart, writePart, type PartState } from './state.ts';

const DEFAULT_PORT = 7233;
/** Ports tried, counted from the first; the UI is 1000 higher, as with Temporal's own default. */
const PORTS_TRIED = 50;
const UI_OFFSET = 1000;
/** How long the server may take to answer, in ms. */
const START_TIMEOUT = 30_000;
/** How long the port of the server before may still be taken, in ms: threads of one that was killed end after it. */
const PORT_LEFT_WITHIN = 3000;

/**
 * How often the server's queues are read, a second. Its default of 20 keeps a chain of steps at 10 a second
 * (bench/LOG.md has what a step takes now).
 */
const QUEUE_READS = 5000;
/** The answer to a workflow task brings its activity along, instead of by way of the task queue. */
const EAGER = 'system.enableActivityEagerExecution=true';
/** deploy/temporal-dynamicconfig.yaml has the same values. */
const TUNING = [
  `history.transferProcessorMaxPollRPS=${QUEUE_READS}`,
  `history.timerProcessorMaxPollRPS=${QUEUE_READS}`,
  `history.visibilityProcessorMaxPollRPS=${QUEUE_READS}`,
  EAGER,
].flatMap((value) => ['--dynamic-config-value', value]);

/** Arguments of the local Temporal server. */
export function serverArguments(database: string | undefined, port: number, uiPort: number): string[] {
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--ui-port',
    String(uiPort),
    '--log-level',
    'warn',
    ...(database === undefined
      ? []
      : ['--db-filename', database, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']),
    ...TUNING,
    ...Object.values(SEARCH_ATTRIBUTES).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

/** The Temporal CLI. @throws TerminalError `NoTemporal` */
export function requireTemporal(): { path: string } {
  const temporal = findTemporal();
  if (!temporal) throw terminal('NoTemporal', 'the Temporal CLI is missing: run `npm run setup`, then try again');
  return temporal;
}

/** Starts the local Temporal server on the port it had before, or the next free one, and waits until it answers. */
export async function startServer(home: Home): Promise<PartState<'server'>> {
  const temporal = requireTemporal();
  mkdirSync(home.server, { recursive: true });
  // One at a time: another home that found the same port free would take it, and this home its server for its own.
  return withLock(join(cacheDir(), 'ports.lock'), 2 * START_TIMEOUT, async () => {
    const before = lastPart(home, 'server')?.port;
    for (let waited = 0; before !== undefined && waited < PORT_LEFT_WITHIN; waited += 50) {
      if (await isFreePair(before)) break;
      await sleep(50);
    }
    const port = await freePort(before ?? (Number(process.env['ANNEAL_TEMPORAL_PORT']) || DEFAULT_PORT));
    const uiPort = port + UI_OFFSET;
    const log = join(home.logs, 'temporal.log');
    const ref = startInBackground(temporal.path, serverArguments(join(home.server, 'temporal.db'), port, uiPort), log);
    const state = { ...ref, port, address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}` };
    await writePart(home, 'server', state);
    for (const deadline = Date.now() + START_TIMEOUT; Date.now() < deadline; await sleep(50)) {
      if (!isAlive(ref)) throw new Error(`the Temporal server ended while starting; its log is ${log}`);
      if (await answers(port)) return state;
    }
    throw new Error(`the Temporal server did not answer within ${START_TIMEOUT / 1000} s; its log is ${log}`);
  });
}

/** The first port from `first` on that is free together with the one of its UI. */
async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + PORTS_TRIED; port += 1) {
    if (await isFreePair(port)) return port;
  }
  throw terminal(
    'PortTaken',
    `no free port from ${first} to ${first + PORTS_TRIED - 1} for the Temporal server: end what uses them, or set ANNEAL_TEMPORAL_PORT`,
  );
}

const isFreePair = async (port: number): Promise<boolean> => (await isFree(port)) && (await isFree(port + UI_OFFSET));

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(500, () => end(false));
  });
}
