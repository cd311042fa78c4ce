import { hexOf } from './canonical.ts';

/** Where a single file, or the manifest of a folder, lies in every store: `blobs/ab/cdef…`. */
export const pathIn = (kind: 'blobs' | 'trees', digest: string): string =>
  `${kind}/${hexOf(digest).slice(0, 2)}/${hexOf(digest).slice(2)}`;

/** Address of an artifact in a store. Models are folders, also those at a vendor, whose folder holds one file. */
export const artifactUri = (
  store: string,
  { digest, type, files }: { digest: string; type: string; files: number },
): string => `${store.replace(/\/+$/, '')}/${pathIn(files > 1 || type === 'Model' ? 'trees' : 'blobs', digest)}`;
