import { TerminalError } from '../../configs/failure.ts';
import type { Caller } from './client.ts';
import { malformed } from './failures.ts';
import { pagesOf } from './pages.ts';
import { StoredFile } from './replies.ts';
import type { Server } from './server.ts';
import { RemoteFailure } from '../remote/failure.ts';

interface At {
  server: Server;
  call: Caller;
}

/** Uploaded files for tuning, in pages; ends early where the server has no list of them. */
async function* storedFiles({ server, call }: At, signal: AbortSignal): AsyncGenerator<StoredFile> {
  const doing = { what: 'list' } as const;
  const pages = pagesOf(
    (query) => call(doing, signal, (client, options) => client.get('/files', { ...options, query })),
    { purpose: 'fine-tune' },
    (what) => malformed(server, doing, what),
  );
  try {
    for await (const page of pages)
      for (const item of page) {
        const parsed = StoredFile.safeParse(item);
        if (parsed.success) yield parsed.data;
      }
  } catch (error) {
    signal.throwIfAborted();
    // A list that is missing or broken only costs a second copy; one that may be read soon is waited for.
    const isLost =
      error instanceof TerminalError ? error.type === 'NoRoutes' || error.type === 'RequestRefused' : isBroken(error);
    if (!isLost) throw error;
  }
}

const isBroken = (error: unknown): boolean =>
  error instanceof RemoteFailure && error.kind === 'away' && /answered with|out of order/.test(error.message);

/** The id of a file that was uploaded before; undefined: there is none, or the server does not tell. */
export async function findFile(
  at: At,
  { name, bytes }: { name: string; bytes: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const file of storedFiles(at, signal)) {
    const isWhole = file.bytes === undefined || file.bytes === bytes;
    const isLeft = file.expires_at === undefined || file.expires_at * 1000 > Date.now() + 86_400_000;
    if (file.filename === name && isWhole && isLeft && !['error', 'deleted'].includes(file.status ?? ''))
      return file.id;
  }
  return undefined;
}

/** Names of uploaded files by their ids. */
export async function fileNames(at: At, signal: AbortSignal): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for await (const { id, filename } of storedFiles(at, signal)) if (filename !== undefined) names.set(id, filename);
  return names;
}
