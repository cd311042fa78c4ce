import { AsyncLocalStorage } from 'node:async_hooks';
import { isType } from '../configs/failure.ts';
import type { Condition, Store } from './store.ts';

/** A store elsewhere, and what it takes to use it. Never a credential. */
export interface StoreAddress {
  /** `gs://bucket/prefix` */
  uri: string;
  project?: string | undefined;
  userProject?: string | undefined;
  kmsKey?: string | undefined;
}

const running = new AsyncLocalStorage<StoreAddress | undefined>();

/** Does work whose artifacts go to a store elsewhere; undefined: to the state folder. */
export const withStore = <T>(store: StoreAddress | undefined, work: () => T): T => running.run(store, work);

/** Where artifacts of the work at hand go; undefined: to the state folder. */
export const currentStore = (): StoreAddress | undefined => running.getStore();

/** What a routed store is made of. */
export interface Routes {
  /** The state folder. */
  local: Store;
  /** Opens a store elsewhere; called once for each address. */
  open(at: StoreAddress): Store;
  /** Where the ledger says that an artifact lies; undefined: in the state folder, or nowhere. */
  locate(digest: string): Promise<StoreAddress | undefined>;
  /** Every store elsewhere that the ledger knows. */
  known(): Promise<StoreAddress[]>;
  /** Where the work at hand writes to. */
  current(): StoreAddress | undefined;
}

/**
 * One store for everything that reads: the state folder first, then where the ledger says, then where the run at hand
 * writes to. What is written goes to the store of the run at hand.
 */
export function routedStore({ local, open, locate, known, current }: Routes): Store {
  const opened = new Map<string, Store>();
  const at = (address: StoreAddress): Store => {
    const key = JSON.stringify([address.uri, address.project, address.userProject, address.kmsKey]);
    const store = opened.get(key) ?? open(address);
    opened.set(key, store);
    return store;
  };
  const target = (): Store => {
    const address = current();
    return address ? at(address) : local;
  };
  /** Where an artifact may be besides the state folder, the likelier first. */
  const elsewhere = async (digest: string): Promise<Store[]> => {
    const [found, own] = [await locate(digest), current()];
    // Of one place, as the run at hand uses it.
    const other = found && own && isSame(found, own) ? undefined : found;
    const stores = [other, own].flatMap((address) => (address ? [at(address)] : []));
    return [...new Set(stores)];
  };
  /** What lay in a bucket that was taken away is missing, and made again; the one that is written to has to be there. */
  const isGone = (error: unknown, store: Store): boolean => isType(error, 'NoSuchBucket') && store !== target();
  const read = async <T>(digest: string, from: (store: Store) => Promise<T>): Promise<T> => {
    let first: unknown;
    try {
      return await from(local);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      first = error;
    }
    for (const store of await elsewhere(digest)) {
      try {
        return await from(store);
      } catch (error) {
        if (!isAbsent(error) && !isGone(error, store)) throw error;
        // That one is damaged says more than that another is missing.
        if (isType(first, 'MissingArtifact')) first = error;
      }
    }
    throw first;
  };

  return {
    putBytes: (data) => target().putBytes(data),
    putFile: (path) => target().putFile(path),
    putFolder: (path, only) => target().putFolder(path, only),
    read: (digest) => read(digest, (store) => store.read(digest)),
    path: (digest) => read(digest, (store) => store.path(digest)),

    condition: async (digest) => {
      const told: Condition[] = [await local.condition(digest)];
      if (told[0] === 'ok') return 'ok';
      for (const store of await elsewhere(digest)) {
        const condition = await store.condition(digest).catch((error: unknown): Condition => {
          if (!isGone(error, store)) throw error;
          return 'missing';
        });
        if (condition === 'ok') return 'ok';
        told.push(condition);
      }
      return told.includes('corrupt') ? 'corrupt' : 'missing';
    },

    discard: async (digest) => {
      await local.discard(digest);
      for (const store of await elsewhere(digest))
        await store.discard(digest).catch((error: unknown) => {
          if (!isGone(error, store)) throw error;
        });
    },

    list: async () => {
      const lists = await Promise.all((await parts()).map(({ store }) => store.list()));
      const all = (kind: 'blobs' | 'trees'): string[] => [...new Set(lists.flatMap((list) => list[kind]))].toSorted();
      return { blobs: all('blobs'), trees: all('trees') };
    },

    members: async (digest) => {
      for (const store of [local, ...(await elsewhere(digest))]) {
        const members = await store.members(digest);
        if (members.length > 0) return members;
      }
      return [];
    },

    size: async (digest) => {
      for (const store of [local, ...(await elsewhere(digest))]) {
        const bytes = await store.size(digest);
        if (bytes > 0) return bytes;
      }
      return 0;
    },

    remove: async (digest) => {
      let freed = await local.remove(digest);
      for (const store of await elsewhere(digest)) freed += await store.remove(digest);
      return freed;
    },

    noteAlias: async (alias) => {
      for (const store of await elsewhere(alias.digest)) await store.noteAlias?.(alias);
    },

    parts,
  };

  async function parts(): Promise<{ uri: string | undefined; store: Store }[]> {
    const far = (await known()).map((address) => ({ uri: address.uri, store: at(address) }));
    return [{ uri: undefined, store: local }, ...far];
  }
}

const isSame = (a: StoreAddress, b: StoreAddress): boolean => a.uri.replace(/\/+$/, '') === b.uri.replace(/\/+$/, '');

const isAbsent = (error: unknown): boolean => isType(error, 'MissingArtifact') || isType(error, 'CorruptArtifact');
