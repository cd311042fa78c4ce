import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { terminal } from '../../configs/failure.ts';
import { mean } from '../../metrics/intervals.ts';
import type { Metric, MetricItem, Score } from '../../metrics/metric.ts';
import { digestOfCustom } from './digest.ts';
import { readMessage, type FromHost, type ToHost } from './messages.ts';

/** A metric of a person's own. */
export interface CustomMetric {
  name: string;
  /** TypeScript or JavaScript file; its default export scores one item. */
  file: string;
  /** Default: what the file exports as `range`, else [0, 1]. */
  range?: readonly [number, number];
  better?: 'higher' | 'lower';
  timeoutSeconds?: number;
}

const HOST = fileURLToPath(new URL('host.ts', import.meta.url));
/** A metric that needs more than this is no metric. */
const MEMORY_MB = 512;
/** How long a file may take to load, in ms. */
const LOAD_MS = 15_000;
/** So often it may die or hang in a row before the evaluation gives up: it is not the items that are at fault. */
const PATIENCE = 20;

interface Host {
  child: ChildProcess;
  range: unknown;
  better: unknown;
}

/**
 * Starts a person's metric in a process of its own, without our environment; {@link Metric.score} asks it about one
 * item at a time. An item on which it throws, hangs, dies or gives anything but a number in its range is not measured,
 * with the reason. Its signature has the beginning of {@link digestOfCustom}.
 *
 * @throws TerminalError `BadMetric` when it cannot be loaded, or dies or hangs on `patience` items in a row.
 */
export async function loadCustomMetric(
  custom: CustomMetric,
  patience = PATIENCE,
): Promise<Metric & { close(): Promise<void> }> {
  const { name, file, timeoutSeconds = 10 } = custom;
  if (!existsSync(file)) throw terminal('BadMetric', `the metric ${name}: there is no file ${file}: check the path`);
  const signature = `${name}|custom|${(await digestOfCustom(file)).slice(0, 'sha256:'.length + 12)}`;
  let host: Host | undefined = await start(custom);
  const [range, better] = await settings(host, custom).catch(async (error: unknown) => {
    await ended((host as Host).child);
    throw error;
  });
  const worst = better === 'higher' ? range[0] : range[1];
  let [lost, next, isClosed] = [0, 0, false];

  const stop = async (): Promise<void> => {
    const dying = host?.child;
    host = undefined;
    if (dying) await ended(dying);
  };
  const ask = async (item: MetricItem): Promise<Score> => {
    if (isClosed) throw new Error(`the metric ${name} was closed`);
    host ??= await start(custom);
    next += 1;
    const reply = await replyTo(host.child, { id: next, item }, timeoutSeconds * 1000);
    if (typeof reply !== 'string') {
      lost = 0;
      return scoreOf(reply, range);
    }
    await stop();
    lost += 1;
    if (lost >= patience)
      throw terminal('BadMetric', `the metric ${name} (${file}) ${reply} on ${lost} items in a row: mend it`);
    return { value: null, why: `it ${reply}` };
  };
  // One item at a time: the clock of an item must not run while another is at work, nor may one's end be another's.
  let before: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = before.then(work);
    before = mine.catch(() => undefined);
    return mine;
  };
  return {
    spec: name,
    range,
    better,
    isBinary: false,
    score: (item) => inTurn(() => ask(item)),
    summary: (_items, scores) => {
      const values = scores.map(({ value }) => value ?? worst);
      const unmeasured = scores.filter(({ value }) => value === null).length;
      return { ...mean(values, [range[0], range[1]]), unmeasured, signature };
    },
    close: () => {
      isClosed = true;
      return inTurn(stop);
    },
  };
}

async function settings(
  host: Host,
  { range, better, ...custom }: CustomMetric,
): Promise<[range: readonly [number, number], better: 'higher' | 'lower']> {
  return [range ?? rangeOf(host.range, custom), better ?? betterOf(host.better, custom)];
}

async function start({ name, file }: CustomMetric): Promise<Host> {
  const child = fork(HOST, [file], {
    // Nothing of ours: no keys, no tokens.
    env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' },
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
    // What it prints to stdout would mix with our results.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const reply = await new Promise<FromHost | string>((resolve) => {
    const timer = setTimeout(() => end(`it does not load within ${LOAD_MS / 1000} s`), LOAD_MS);
    const end = (result: FromHost | string): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      resolve(result);
    };
    const onMessage = (message: unknown): void => {
      const found = readMessage(message);
      if (found?.kind === 'ready' || found?.kind === 'unusable') end(found);
    };
    child.on('message', onMessage);
    child.once('exit', (code, signal) => end(`it ends while it loads (${signal ?? `exit code ${code}`})`));
    // Stays: without a listener, an error of the channel would end this process.
    child.on('error', (error) => end(error.message));
  });
  if (typeof reply !== 'string' && reply.kind === 'ready') return { child, range: reply.range, better: reply.better };
  await ended(child);
  const why = typeof reply === 'string' ? reply : reply.kind === 'unusable' ? reply.why : 'it does not answer';
  throw terminal('BadMetric', `the metric ${name}: ${file} cannot be used: ${why.split('\n')[0]}`);
}

/** The reply to an item, or what became of the process in its place. */
function replyTo(child: ChildProcess, message: ToHost, timeoutMs: number): Promise<FromHost | string> {
  return new Promise((resolve) => {
    const end = (result: FromHost | string): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(result);
    };
    const onMessage = (reply: unknown): void => {
      const found = readMessage(reply);
      if (found && 'id' in found && found.id === message.id) end(found);
    };
    const onExit = (): void => end('died');
    const timer = setTimeout(() => end(`did not answer within ${timeoutMs / 1000} s`), timeoutMs);
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(message, (error) => {
      if (error) end('died');
    });
  });
}

function scoreOf(reply: FromHost, [low, high]: readonly [number, number]): Score {
  if (reply.kind === 'failed') return { value: null, why: `it threw: ${reply.why.slice(0, 200)}` };
  if (reply.kind === 'strange') return { value: null, why: `it gave ${A[reply.type] ?? reply.type}, not a number` };
  if (reply.kind !== 'scored') return { value: null, why: 'it gave no score' };
  const { value, why } = reply;
  if (value === null) return { value, why: why?.slice(0, 200) ?? 'it said so' };
  if (Number.isNaN(value)) return { value: null, why: 'it gave NaN, not a number' };
  if (value < low || value > high) return { value: null, why: `it gave ${value}, outside of ${low} to ${high}` };
  return { value, ...(why === undefined ? {} : { why: why.slice(0, 200) }) };
}

/** Types as they are said. */
const A: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'a boolean',
  object: 'an object',
  function: 'a function',
  bigint: 'a bigint',
  symbol: 'a symbol',
  undefined: 'nothing',
};

function rangeOf(exported: unknown, { name, file }: CustomMetric): readonly [number, number] {
  if (exported === undefined) return [0, 1];
  const [low, high] = Array.isArray(exported) ? (exported as unknown[]) : [];
  // Finite: the worst value stands for what was not measured, and has to have a mean.
  if (Number.isFinite(low) && Number.isFinite(high) && (low as number) < (high as number))
    return [low as number, high as number];
  throw terminal('BadMetric', `the metric ${name}: ${file} exports a range that is none: expected e.g. [0, 1]`);
}

function betterOf(exported: unknown, { name, file }: CustomMetric): 'higher' | 'lower' {
  if (exported === undefined) return 'higher';
  if (exported === 'higher' || exported === 'lower') return exported;
  throw terminal('BadMetric', `the metric ${name}: ${file} exports "better" as neither 'higher' nor 'lower'`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await exit;
}
