import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Bucket, CreateResumableUploadOptions, FileMetadata } from '@google-cloud/storage';
import { terminal } from '../../../configs/failure.ts';
import { keyOf, type StorageSettings } from './client.ts';
import type { Sums } from './crc32c.ts';
import { isTransient, noBucket, statusOf, type Doing } from './errors.ts';
import { persist, type Patience } from './persist.ts';
import type { Sessions } from './sessions.ts';
import { coded, refusal, textOf, transfer } from './transfer.ts';

/** A file up to this size is sent in one request, which is made again as a whole. */
export const LARGE_BYTES = 8 << 20;
/** Longest time without a byte moving, or for the server to close a large object, in ms. */
const STALL_MS = 60_000;

/** An object that shall be there: created, never overwritten unless one generation is named. */
export interface Creation {
  bucket: Bucket;
  name: string;
  sums: Sums;
  settings: StorageSettings;
  /** The generation that is replaced; default: none, the object is new. */
  over?: number | undefined;
  patience?: Patience | undefined;
  stallMs?: number | undefined;
}

/** Sends bytes as one object. Being there with the same content is success. @throws TerminalError `CorruptArtifact` */
export async function createSmall(creation: Creation, data: Buffer): Promise<void> {
  const { bucket, name, patience } = creation;
  await persist(
    doingOf(creation),
    async () => {
      try {
        await bucket.file(name, keyOf(creation.settings)).save(data, {
          resumable: false,
          validation: 'crc32c',
          timeout: creation.stallMs ?? STALL_MS,
          preconditionOpts: { ifGenerationMatch: creation.over ?? 0 },
          metadata: describe(creation),
        });
      } catch (error) {
        await elsewise(creation, error);
      }
    },
    patience,
  );
}

/**
 * Sends a file as one object, from where an earlier process left off.
 * @throws TerminalError `CorruptArtifact` when other content is there.
 */
export async function createLarge(creation: Creation, path: string, sessions: Sessions): Promise<void> {
  const { bucket, name, sums, over, patience } = creation;
  const object = createHash('sha256')
    .update(`${bucket.name}/${name} ${sums.digest} ${over ?? 0}`)
    .digest('hex');
  const one = {
    find: () => sessions.find(object),
    keep: (uri: string) => sessions.keep(object, uri),
    drop: () => sessions.drop(object),
  };
  await persist(
    doingOf(creation),
    async () => {
      try {
        await send(creation, path, one);
      } catch (error) {
        await elsewise(creation, error);
      }
      await one.drop();
    },
    patience,
  );
}

interface One {
  find(): Promise<string | undefined>;
  keep(uri: string): Promise<void>;
  drop(): Promise<void>;
}

async function send(creation: Creation, path: string, session: One): Promise<void> {
  const { bytes } = creation.sums;
  const begun = await session.find();
  const uri = begun ?? (await begin(creation, session));
  try {
    // Of an upload that was begun before, the service says what it has.
    let reply = begun === undefined ? undefined : await put(creation, uri, `bytes */${bytes}`);
    while (reply === undefined || reply.status === 308) {
      const held = reply === undefined ? 0 : heldOf(reply);
      // The rest in one request: the service keeps what arrives of it, however it ends.
      reply = await put(creation, uri, `bytes ${held}-${bytes - 1}/${bytes}`, { path, start: held });
      if (reply.status === 308 && heldOf(reply) <= held) throw coded('the upload stands still', 503);
    }
    const isRight = await stored(creation, JSON.parse(reply.text) as FileMetadata);
    if (isRight) return;
    await session.drop();
    throw coded('the object arrived with other bytes', 503);
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && status !== 401 && !isTransient(error)) await session.drop();
    // Gone after a week, or ended otherwise: another session.
    throw status === 404 || status === 410 ? coded('the upload has to begin again', 503) : error;
  }
}

async function begin(creation: Creation, session: One): Promise<string> {
  const { bucket, name, sums } = creation;
  const options: CreateResumableUploadOptions = {
    preconditionOpts: { ifGenerationMatch: creation.over ?? 0 },
    metadata: { ...describe(creation), crc32c: sums.crc, contentLength: sums.bytes },
  };
  const [uri] = await bucket.file(name, keyOf(creation.settings)).createResumableUpload(options);
  await session.keep(uri);
  return uri;
}

interface Reply {
  status: number;
  headers: Headers;
  text: string;
}

/** One request of a session: a question (no body), or the bytes of a file from `start` on. */
function put(
  { bucket, stallMs = STALL_MS }: Creation,
  url: string,
  range: string,
  from?: { path: string; start: number },
): Promise<Reply> {
  const body = from && createReadStream(from.path, { start: from.start, highWaterMark: 1 << 20 });
  const order = { method: 'PUT' as const, url, headers: { 'content-range': range }, body, stallMs };
  return transfer(bucket, order, async (answer) => {
    const { status, headers } = answer;
    if (status !== 308 && status !== 200 && status !== 201) throw await refusal(answer);
    return { status, headers, text: await textOf(answer) };
  });
}

/** How many bytes the service has; `Range: bytes=0-99` are a hundred, no such header is none. */
function heldOf({ headers }: Reply): number {
  const last = /-(\d+)$/.exec(headers.get('range') ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** The service tells what it has: other bytes than were meant are taken away again. */
async function stored({ bucket, name, sums }: Creation, { crc32c, generation }: FileMetadata): Promise<boolean> {
  if (crc32c === undefined || crc32c === sums.crc) return true;
  await bucket.file(name).delete({ ifGenerationMatch: Number(generation), ignoreNotFound: true });
  return false;
}

/** What a refusal means for a creation; an object that is there already may be the right one. */
async function elsewise(creation: Creation, error: unknown): Promise<void> {
  const status = statusOf(error);
  // The object is being made: what is not found is the bucket.
  if (status === 404) throw noBucket(creation.bucket.name);
  if (status === 401) await renewToken(creation);
  if (status !== 412) throw error;
  await compare(creation);
}

/** A token that was turned down is renewed by the client where it asks a question; a body it cannot send again. */
async function renewToken({ bucket, name }: Creation): Promise<never> {
  await bucket
    .file(name)
    .getMetadata()
    .catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error;
    });
  throw coded('the token was turned down, and renewed', 503);
}

/**
 * Something was there before: it may be ours, whose answer was lost, or another's with the same content.
 * @throws TerminalError `CorruptArtifact` for other content.
 */
async function compare(creation: Creation): Promise<void> {
  const { bucket, name, sums } = creation;
  const [found] = await bucket
    .file(name)
    .getMetadata()
    .catch((error: unknown) => {
      // Removed meanwhile: now there is room for it.
      throw statusOf(error) === 404 ? coded('the object was there and is gone again', 503) : error;
    });
  if (found.crc32c === sums.crc && Number(found.size) === sums.bytes) return;
  throw terminal(
    'CorruptArtifact',
    `gs://${bucket.name}/${name} holds other content than its name says (${found.size} bytes, expected ${sums.bytes}): \`anneal verify\` finds what is damaged; a new run makes it again`,
    { digest: sums.digest },
  );
}

/** What is noted beside an object: by it its condition is told without reading it. */
function describe({ sums }: Creation) {
  return {
    contentType: 'application/octet-stream',
    metadata: { sha256: sums.digest.slice('sha256:'.length), crc32c: sums.crc, bytes: String(sums.bytes) },
  };
}

const doingOf = ({ bucket, name, settings }: Creation): Doing => ({
  uri: `gs://${bucket.name}/${name}`,
  bucket: bucket.name,
  settings,
});
