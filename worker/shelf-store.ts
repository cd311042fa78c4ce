import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { z } from 'zod';
import { CACHE_BYTES, createGcsStore } from '../adapters/google/storage/gcs-store.ts';
import { findArtifact, listStores } from '../artifacts/ledger/artifacts.ts';
import type { Ledger } from '../artifacts/ledger/open.ts';
import { currentStore, routedStore, type StoreAddress } from '../artifacts/store-router.ts';
import { createFileStore, type Store } from '../artifacts/store.ts';
import { systemCode, terminal } from '../configs/failure.ts';
import type { Home } from './home.ts';

/** The artifacts of a ledger, in the state folder and wherever else it says they lie. */
export function openShelfStore(home: Home, ledger: Ledger): Store {
  const addresses = new Map<string, Promise<StoreAddress>>();
  const at = (uri: string): Promise<StoreAddress> => {
    const address = addresses.get(uri) ?? addressOf(ledger, uri);
    addresses.set(uri, address);
    address.catch(() => addresses.delete(uri));
    return address;
  };
  return routedStore({
    local: createFileStore(home.store),
    open: (at) => createGcsStore({ ...at, cache: home.cache, cacheBytes: cacheBytes(), owner: ownerOf(home) }),
    locate: async (digest) => {
      const uri = (await findArtifact(ledger, digest))?.store ?? undefined;
      return uri === undefined ? undefined : at(uri);
    },
    known: async () => Promise.all((await listStores(ledger)).map(at)),
    current: currentStore,
  });
}

/** Bound of the cache: `ANNEAL_STORE_CACHE_GB`. @throws TerminalError `BadSetting` */
function cacheBytes(): number {
  const text = process.env['ANNEAL_STORE_CACHE_GB'];
  if (text === undefined || text === '') return CACHE_BYTES;
  const gigabytes = Number(text);
  if (Number.isFinite(gigabytes) && gigabytes >= 0) return gigabytes * 1e9;
  throw terminal('BadSetting', `ANNEAL_STORE_CACHE_GB: expected a number of gigabytes, found ${JSON.stringify(text)}`);
}

/** Id of a state folder's ledger, made on first use. */
export function ownerOf(home: Home): string {
  const file = join(home.root, 'ledger-id');
  if (!existsSync(file)) {
    mkdirSync(home.root, { recursive: true });
    // Of two processes one makes it, and whole.
    const own = `${file}.${process.pid}`;
    writeFileSync(own, randomUUID());
    try {
      linkSync(own, file);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }
  }
  return readFileSync(file, 'utf8').trim();
}

const Settings = z.object({
  google: z
    .object({ project: z.string().optional(), userProject: z.string().optional(), kmsKey: z.string().optional() })
    .optional(),
});

/** An address as the newest run that wrote there used it: who pays, whose key. */
async function addressOf(ledger: Ledger, uri: string): Promise<StoreAddress> {
  const row = await ledger
    .selectFrom('runs')
    .select('recipe_json')
    .where(sql<string>`rtrim(json_extract(recipe_json, '$.store'), '/')`, '=', uri)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { google = {} } = Settings.parse(row ? JSON.parse(row.recipe_json) : {});
  return { uri, ...google };
}
