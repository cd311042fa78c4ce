import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { terminal } from '../../configs/failure.ts';
import { mean } from '../../metrics/intervals.ts';
import type { Metric, MetricItem, Score } from '../../metrics/metric.ts';
import type { FromHost, ToHost } from './messages.ts';

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
 * Starts a person's metric in a process of its own, without our environment. An item on which it throws, hangs, dies
 * or gives anything but a number in its range is not measured, with the reason.
 *
 * @throws TerminalError `BadMetric` when it cannot be loaded, or dies or hangs on twenty items in a row.
 */
export async function loadCustomMetric(custom: CustomMetric): Promise<Metric & { close(): Promise<void> }> {
  const { name, file, timeoutSeconds = 10 } = custom;
  if (!existsSync(file)) throw terminal('BadMetric', `the metric ${name}: there is no file ${file}: check the path`);
  let host: Host | undefined = await start(custom);
  const range = custom.range ?? rangeOf(host.range, custom);
  const better = custom.better ?? (host.better === 'lower' ? 'lower' : 'higher');
  let lost = 0;
  let next = 0;

  const stop = async (): Promise<void> => {
    const dying = host?.child;
    host = undefined;
    if (dying) await ended(dying);
  };
  const ask = async (item: MetricItem): Promise<Score> => {
    host ??= await start(custom);
    const { child } = host;
    next += 1;
    const reply = await replyTo(child, { id: next, item }, timeoutSeconds * 1000);
    if (typeof reply !== 'string') {
      lost = 0;
      return scoreOf(reply, range);
    }
    await stop();
    lost += 1;
    if (lost >= PATIENCE)
      throw terminal('BadMetric', `the metric ${name} (${file}) ${reply} on ${lost} items in a row: mend it`);
    return { value: null, why: `it ${reply}` };
  };
  return {
    spec: name,
    range,
    better,
    isBinary: false,
    score: ask,
    summary: (_items, scores) => {
      const worst = better === 'higher' ? range[0] : range[1];
      const { value, ci, n } = mean(
        scores.map((score) => score.value ?? worst),
        [range[0], range[1]],
      );
      const unmeasured = scores.filter((score) => score.value === null).length;
      return { value, ci, n, unmeasured, signature: `${name}|custom` };
    },
    close: stop,
  };
}

async function start({ name, file }: CustomMetric): Promise<Host> {
  const child = fork(HOST, [file], {
    // Nothing of ours: no keys, no tokens.
    env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' },
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const reply = await new Promise<FromHost | string>((resolve) => {
    const timer = setTimeout(() => resolve(`does not load within ${LOAD_MS / 1000} s`), LOAD_MS);
    child.once('message', (message) => {
      clearTimeout(timer);
      resolve(message as FromHost);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(`ends while it loads (${signal ?? `exit code ${code}`})`);
    });
  });
  if (typeof reply !== 'string' && reply.kind === 'ready') return { child, range: reply.range, better: reply.better };
  await ended(child);
  const why = typeof reply === 'string' ? reply : reply.kind === 'unusable' ? reply.why : 'does not answer';
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
      const found = reply as FromHost;
      if ((found.kind === 'scored' || found.kind === 'failed') && found.id === message.id) end(found);
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
  if (reply.kind !== 'scored') return { value: null, why: 'it gave no score' };
  const { value: found } = reply;
  const { value, why } =
    typeof found === 'object' && found !== null ? (found as { value: unknown; why?: unknown }) : { value: found };
  if (value === null) return { value: null, why: typeof why === 'string' ? why.slice(0, 200) : 'it said so' };
  if (typeof value !== 'number' || Number.isNaN(value))
    return { value: null, why: `it gave ${typeof value === 'number' ? 'NaN' : `a ${typeof value}`}, not a number` };
  if (value < low || value > high) return { value: null, why: `it gave ${value}, outside of ${low} to ${high}` };
  return { value };
}

function rangeOf(exported: unknown, { name, file }: CustomMetric): readonly [number, number] {
  if (exported === undefined) return [0, 1];
  const [low, high] = Array.isArray(exported) ? (exported as unknown[]) : [];
  if (typeof low === 'number' && typeof high === 'number' && low < high) return [low, high];
  throw terminal('BadMetric', `the metric ${name}: ${file} exports a range that is none: expected e.g. [0, 1]`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await exit;
}
