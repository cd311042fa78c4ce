import type { Data, Source } from './data.ts';
import { parseName } from './names.ts';
import type { Slices } from './slices.ts';

// Apart from the schema: workflows need these, and would carry zod into their sandbox with it.

/** Whether a source names a dataset of the ledger: a digest, or `name@v1`. */
export function isDatasetRef(uri: string): boolean {
  const named = parseName(uri);
  return /^sha256:[0-9a-f]{64}$/.test(uri) || named?.version !== undefined || named?.alias === 'latest';
}

/** Whether a source lies elsewhere: in Cloud Storage. Such an address is no path, and stays as it is. */
export const isFarUri = (uri: string): boolean => uri.startsWith('gs://');

/** The paths of a source, in order. */
export const urisOf = ({ uri }: Pick<Source, 'uri'>): string[] =>
  uri === undefined ? [] : typeof uri === 'string' ? [uri] : uri;

/** Columns that steps after ingest need, whatever the template uses. */
export interface KeptColumns {
  keep: string[];
  /** In rows that are only for tests. Apart, so that a new slice changes no training row and no model. */
  keepInTest?: string[];
}

/** Columns that a division of the rows, their key and the slices of an evaluation are made of. */
export function keptColumns({ split, key, test }: Data, slices: Slices | undefined): KeptColumns {
  const sliced = slicedColumns(slices);
  const divided = [split?.group, split?.time, key].filter((column) => column !== undefined);
  if (test !== undefined && sliced.length > 0) return { keep: [...new Set(divided)], keepInTest: sliced };
  return { keep: [...new Set([...divided, ...sliced])] };
}

/** The columns among slices; a label has a place of its own. */
export const slicedColumns = (slices: Slices | undefined): string[] =>
  (slices ?? []).filter((slice) => typeof slice === 'string').filter((column) => column !== 'label');
