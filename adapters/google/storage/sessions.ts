import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive, processOf } from '../../local/processes.ts';
import { isGoogle, isLoopback } from '../address.ts';

/**
 * What is noted of a large upload under way. Whoever has its address can write the object: it stands in no message. It is
 * asked with the credentials, so that one that leads elsewhere is none.
 */
const Kept = z.object({ uri: z.url().refine(leadsToStorage), pid: z.int(), born: z.string() });

/** The service forgets an upload after a week. */
const LAST_MS = 8 * 86_400_000;

/** Uploads under way, one file each, in a folder. */
export interface Sessions {
  /** That of this object which this process began, or one that has died. */
  find(object: string): Promise<string | undefined>;
  keep(object: string, uri: string): Promise<void>;
  drop(object: string): Promise<void>;
}

/** Sessions of one store; stores of other processes that live keep theirs to themselves. */
export function openSessions(folder: string): Sessions {
  const own = randomUUID();
  const place = (object: string, owner: string = own): string => join(folder, `${object}.${owner}`);
  const read = async (path: string): Promise<z.infer<typeof Kept> | undefined> => {
    try {
      return Kept.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch {
      return undefined; // not there, or cut short by a kill: the upload begins anew
    }
  };
  return {
    find: async (object) => {
      const mine = await read(place(object));
      if (mine) return mine.uri;
      for (const name of await readdir(folder).catch(() => [])) {
        if (!name.startsWith(`${object}.`)) continue;
        const found = await read(join(folder, name));
        if (found && isAlive(found)) continue;
        // Two that find it: one of them moves it.
        const isMoved = await rename(join(folder, name), place(object)).then(
          () => true,
          () => false,
        );
        if (found && isMoved) return found.uri;
      }
      return undefined;
    },
    keep: async (object, uri) => {
      await mkdir(folder, { recursive: true });
      for (const name of await readdir(folder)) {
        const found = await stat(join(folder, name)).catch(() => undefined);
        if (found && found.mtimeMs < Date.now() - LAST_MS) await rm(join(folder, name), { force: true });
      }
      const { pid, born } = processOf(process.pid) ?? { pid: process.pid, born: '' };
      await writeFile(place(object), JSON.stringify({ uri, pid, born }), { mode: 0o600 });
    },
    drop: (object) => rm(place(object), { force: true }),
  };
}

function leadsToStorage(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && (isGoogle(url) || isLoopback(url));
}
