import type { FarFile } from './far.ts';

/** Where rows are read from, as the recipe says. */
export interface SourceOrder {
  /** Files, globs, folders; absolute. */
  uris: readonly string[];
  /** One SELECT over the files (view `source`), or sent to Postgres. */
  sql?: string | undefined;
  /** Name of the environment variable that holds a Postgres connection URI. */
  connection?: string | undefined;
  /** Longest row in bytes. */
  maxRowBytes: number;
}

/** A file of rows that was found. */
export interface SourceFile {
  path: string;
  /** As it lies on the disk, compressed or not. */
  bytes: number;
  container: Container;
  /** How the bytes of a text container are packed; absent: not at all. */
  compression?: Compression;
  /** Where it lies elsewhere, of which `path` is a copy. */
  far?: FarFile;
}

/** What people know a file by. */
export const nameOf = ({ path, far }: Pick<SourceFile, 'path' | 'far'>): string => far?.uri ?? path;

/** What a file of rows is, whatever it is packed in. */
export const CONTAINERS = ['jsonl', 'json', 'csv', 'tsv', 'parquet', 'arrow'] as const;
export type Container = (typeof CONTAINERS)[number];

export type Compression = 'gzip' | 'zstd';

/**
 * A record of a source: an object, or what is wrong with it. `line` counts from 1: the line in a text file (of
 * a record over several lines the first), the record in a binary one.
 */
export type FoundRecord =
  | { line: number; value: Record<string, unknown> }
  | { line: number; reason: string; excerpt: string };

/** Cuts the bytes of a text container into records, however the bytes are cut into chunks. */
export interface Splitter {
  /** Line of the last record that ended well, 0 before the first. */
  readonly lastGood: number;
  /** The records that end in this chunk; the chunk may be overwritten afterwards. */
  push(chunk: Buffer): FoundRecord[];
  /** The records that the end of the file ends. */
  end(): FoundRecord[];
}
