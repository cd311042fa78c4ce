import type { Data, Source } from './data.ts';

// Apart from the schema: workflows need these, and would carry zod into their sandbox with it.

/** Whether a source names a dataset of the ledger: a digest, or `name@v1`. */
export const isDatasetRef = (uri: string): boolean =>
  /^sha256:[0-9a-f]{64}$/.test(uri) || /^[a-z0-9][a-z0-9._-]*@(v\d+|latest)$/.test(uri);

/** The paths of a source, in order. */
export const urisOf = ({ uri }: Pick<Source, 'uri'>): string[] =>
  uri === undefined ? [] : typeof uri === 'string' ? [uri] : uri;

/** Columns that steps after ingest need, whatever the template uses. */
export const keptColumns = ({ split, key }: Data): string[] => [
  ...new Set([split?.group, split?.time, key].filter((column) => column !== undefined)),
];
