// Runs a person's metric in a process of its own: `node host.ts FILE`, items in and scores out as messages.
import { pathToFileURL } from 'node:url';
import type { FromHost, ToHost } from './messages.ts';

const send = (message: FromHost): void => void process.send?.(message);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Score = (item: unknown) => unknown;

async function load(file: string): Promise<Score> {
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const score = loaded['default'] ?? loaded['metric'];
  if (typeof score !== 'function') throw new Error('has no default export that is a function');
  const { range, better } = loaded;
  send({ kind: 'ready', range, better });
  return score as Score;
}

try {
  const score = await load(process.argv[2] ?? '');
  process.on('message', ({ id, item }: ToHost) => {
    Promise.resolve()
      .then(() => score(item))
      .then(
        (value) => send({ kind: 'scored', id, value: plain(value) }),
        (error: unknown) => send({ kind: 'failed', id, why: messageOf(error) }),
      );
  });
} catch (error) {
  send({ kind: 'unusable', why: messageOf(error) });
  process.disconnect();
}

/** What can be sent; anything else is named by its type, and turned down on the other side. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? 'a function' : value;
  const { value: inner, why } = value as { value?: unknown; why?: unknown };
  return { value: inner, why };
}
