import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files in buckets, as a pretended service reads and writes them. */
export interface Objects {
  /** Size in bytes; undefined: no such object. */
  size(uri: string): Promise<number | undefined>;
  read(uri: string): Promise<Buffer>;
  write(uri: string, content: string): Promise<void>;
  /** Where the bucket lies, in small letters; undefined: unknown. */
  location(bucket: string): Promise<string | undefined>;
  list(prefix: string): Promise<string[]>;
}

/** Bucket and name of `gs://bucket/name`. */
export function partsOf(uri: string): { bucket: string; name: string } {
  const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (!bucket || !name) throw new Error(`not an object's address: ${uri}`);
  return { bucket, name };
}

/** The objects of a server that speaks the JSON API of Cloud Storage, or (`file:` or a path) of a folder with buckets in it. */
export function objectsAt(place: string): Objects {
  return /^https?:/.test(place) ? served(place.replace(/\/$/, '')) : inFolder(place);
}

function served(base: string): Objects {
  const address = (uri: string): string => {
    const { bucket, name } = partsOf(uri);
    return `${base}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  };
  const ok = async (url: string, init?: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    if (!response.ok && response.status !== 404) throw new Error(`${response.status} from ${url}`);
    return response;
  };
  return {
    size: async (uri) => {
      const response = await ok(address(uri));
      const body = (await response.json().catch(() => ({}))) as { size?: string };
      return response.ok ? Number(body.size ?? 0) : undefined;
    },
    read: async (uri) => {
      const response = await ok(`${address(uri)}?alt=media`);
      if (!response.ok) throw new Error(`no object ${uri}`);
      return Buffer.from(await response.arrayBuffer());
    },
    write: async (uri, content) => {
      const { bucket, name } = partsOf(uri);
      const query = `uploadType=media&name=${encodeURIComponent(name)}`;
      const headers = { 'content-type': 'application/jsonl' };
      const url = `${base}/upload/storage/v1/b/${bucket}/o?${query}`;
      const response = await ok(url, { method: 'POST', body: content, headers });
      if (!response.ok) throw new Error(`no bucket ${bucket}`);
      await response.arrayBuffer();
    },
    location: async (bucket) => {
      const response = await ok(`${base}/storage/v1/b/${bucket}`);
      const body = (await response.json().catch(() => ({}))) as { location?: string };
      return response.ok ? body.location?.toLowerCase() : undefined;
    },
    list: async (prefix) => {
      const { bucket, name } = partsOf(prefix);
      const response = await ok(`${base}/storage/v1/b/${bucket}/o?prefix=${encodeURIComponent(name)}`);
      const { items = [] } = (await response.json()) as { items?: { name: string }[] };
      return items.map((item) => `gs://${bucket}/${item.name}`);
    },
  };
}

function inFolder(folder: string): Objects {
  const path = (uri: string): string => join(folder, partsOf(uri).bucket, partsOf(uri).name);
  return {
    size: async (uri) => statSync(path(uri), { throwIfNoEntry: false })?.size,
    read: async (uri) => readFileSync(path(uri)),
    write: async (uri, content) => {
      mkdirSync(dirname(path(uri)), { recursive: true });
      writeFileSync(path(uri), content);
    },
    location: async () => undefined,
    list: async (prefix) => {
      const { bucket } = partsOf(prefix);
      return readdirSync(join(folder, bucket), { recursive: true, encoding: 'utf8' })
        .map((name) => `gs://${bucket}/${name}`)
        .filter((uri) => uri.startsWith(prefix) && statSync(path(uri)).isFile());
    },
  };
}
