import type { Bucket, FileMetadata } from '@google-cloud/storage';
import { hexOf } from '../../../artifacts/canonical.ts';
import type { Condition } from '../../../artifacts/store.ts';
import { messageOf } from '../../../configs/failure.ts';
import { isAboutBucket, noBucket, statusOf, type Doing } from './errors.ts';
import { persist, type Patience } from './persist.ts';

/** What a listing tells of an object. */
export interface Found {
  name: string;
  metadata: FileMetadata;
}

/** Objects in one answer; the service gives no more. */
const PAGE = 1000;

/** What is noted about an object, or one generation of it; undefined: it is not there. @throws TerminalError `NoSuchBucket` and others */
export async function headOf(
  bucket: Bucket,
  name: string,
  doing: Doing,
  patience?: Patience,
  generation?: string,
): Promise<FileMetadata | undefined> {
  return persist(
    doing,
    async () => {
      try {
        return (await bucket.file(name, generation === undefined ? {} : { generation }).getMetadata())[0];
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        // The service says the same of a missing bucket and a missing object, but for the words.
        if (isAboutBucket(messageOf(error))) throw noBucket(bucket.name);
        return undefined;
      }
    },
    patience,
  );
}

/** Every object below a prefix, page by page, in the order of their names. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  doing: Doing,
  { patience, page = PAGE }: { patience?: Patience | undefined; page?: number | undefined } = {},
): AsyncGenerator<Found[]> {
  let pageToken: string | undefined;
  do {
    const query = { prefix, autoPaginate: false, maxResults: page, ...(pageToken ? { pageToken } : {}) };
    const [files, next] = await persist(
      doing,
      async () => {
        try {
          return (await bucket.getFiles(query)) as unknown as [Found[], { pageToken?: string } | null];
        } catch (error) {
          throw statusOf(error) === 404 ? noBucket(bucket.name) : error;
        }
      },
      patience,
    );
    yield files.map(({ name, metadata }) => ({ name, metadata }));
    pageToken = next?.pageToken;
  } while (pageToken !== undefined);
}

/** Told from what was noted when it was written: neither size nor checksum may be another. */
export function conditionOf(digest: string, metadata: FileMetadata): Condition | 'unknown' {
  const { sha256, crc32c, bytes } = (metadata.metadata ?? {}) as Record<string, string>;
  // Put there by another program.
  if (sha256 === undefined) return 'unknown';
  const isSame = sha256 === hexOf(digest) && crc32c === metadata.crc32c && Number(bytes) === Number(metadata.size);
  return isSame ? 'ok' : 'corrupt';
}
