// Runs a person's metric in a process of its own: `node host.ts FILE`, items in and scores out as messages.
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { FromHost, ToHost } from './messages.ts';

const send = (message: FromHost): void => void process.send?.(message);
/** Of anything thrown, also of what cannot be turned into text. */
function messageOf(error: unknown): string {
  try {
    return (error instanceof Error ? error.message : String(error)).slice(0, 1000);
  } catch {
    return 'something that is no error';
  }
}

type Score = (item: unknown) => unknown;

// A metric that never returns blocks this thread; when its parent is gone, nobody else would end it.
new Worker(
  `const parent = ${process.ppid};
   setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`,
  { eval: true },
).unref();

async function load(file: string): Promise<Score> {
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const { default: score, range, better } = loaded;
  if (typeof score !== 'function') throw new Error('has no default export that is a function');
  send({
    kind: 'ready',
    range: Array.isArray(range) ? range.map(sendable) : sendable(range),
    better: sendable(better),
  });
  return score as Score;
}

try {
  const score = await load(process.argv[2] ?? '');
  process.on('message', ({ id, item }: ToHost) => {
    Promise.resolve()
      .then(() => score(item))
      .then((found) => send(reply(id, found)))
      .catch((error: unknown) => send({ kind: 'failed', id, why: messageOf(error) }));
  });
} catch (error) {
  send({ kind: 'unusable', why: messageOf(error) });
  process.disconnect();
}

function reply(id: number, found: unknown): FromHost {
  const isObject = typeof found === 'object' && found !== null;
  const { value, why } = isObject ? (found as { value?: unknown; why?: unknown }) : { value: found };
  if (typeof value !== 'number' && value !== null) return { kind: 'strange', id, type: typeof value };
  return { kind: 'scored', id, value, ...(typeof why === 'string' ? { why: why.slice(0, 1000) } : {}) };
}

/** Functions and symbols cannot be sent. */
function sendable(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'string' || value === undefined ? value : typeof value;
}
