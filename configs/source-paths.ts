import type { Data, Source } from './data.ts';
import { parseName } from './names.ts';

// Apart from the schema: workflows need these, and would carry zod into their sandbox with it.

/** Whether a source names a dataset of the ledger: a digest, or `name@v1`. */
export function isDatasetRef(uri: string): boolean {
  const named = parseName(uri);
  return /^sha256:[0-9a-f]{64}$/.test(uri) || named?.version !== undefined || named?.alias === 'latest';
}

/** The paths of a source, in order. */
export const urisOf = ({ uri }: Pick<Source, 'uri'>): string[] =>
  uri === undefined ? [] : typeof uri === 'string' ? [uri] : uri;

/** Columns that steps after ingest need, whatever the template uses. */
export const keptColumns = ({ split, key }: Data): string[] => [
  ...new Set([split?.group, split?.time, key].filter((column) => column !== undefined)),
];
