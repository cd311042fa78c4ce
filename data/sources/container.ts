import { extname } from 'node:path';
import type { Compression, Container } from './source.ts';

/** Ends of names that data files have, without `.gz` and `.zst`. */
const BY_NAME: Record<string, Container> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.parquet': 'parquet',
  '.arrow': 'arrow',
};

/** What the name of a file says about it; undefined for one that is no data file by its name. */
export function containerByName(path: string): Container | undefined {
  const bare = path.replace(/\.(?:gz|gzip|zst|zstd)$/i, '');
  return BY_NAME[extname(bare).toLowerCase()];
}

const startsWith = (head: Buffer, ...magic: number[]): boolean => magic.every((byte, at) => head[at] === byte);

/** How the first bytes of a file say that it is packed. */
export function compressionOf(head: Buffer): Compression | undefined {
  if (startsWith(head, 0x1f, 0x8b)) return 'gzip';
  const isSkippable = startsWith(head.subarray(1), 0x2a, 0x4d, 0x18) && ((head[0] ?? 0) & 0xf0) === 0x50;
  return startsWith(head, 0x28, 0xb5, 0x2f, 0xfd) || isSkippable ? 'zstd' : undefined;
}

/** Files that people give by mistake, and what to do with them. */
const STRANGERS: readonly [name: string, magic: readonly number[]][] = [
  ['a ZIP archive or Office document: unpack it, or save the sheet as CSV', [0x50, 0x4b, 3, 4]],
  ['a PDF: extract its text first', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['an SQLite database: export the table as CSV', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66]],
  ['an xz archive: unpack it', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['a bzip2 archive: unpack it', [0x42, 0x5a, 0x68]],
  ['a picture', [0x89, 0x50, 0x4e, 0x47]],
  ['UTF-16 text: save it as UTF-8', [0xff, 0xfe]],
  ['UTF-16 text: save it as UTF-8', [0xfe, 0xff]],
];

/** Told from the first bytes, unpacked: the container, `blank` for white space alone, or what else it is. */
export function containerOf(
  head: Buffer,
  path: string,
  isWhole: boolean,
): { container: Container } | { stranger: string } | 'blank' {
  if (startsWith(head, 0x50, 0x41, 0x52, 0x31)) return { container: 'parquet' };
  // A stream begins with a mark and the length of its schema message (Arrow columnar format, IPC).
  if (head.toString('latin1', 0, 6) === 'ARROW1' || startsWith(head, 0xff, 0xff, 0xff, 0xff)) {
    return { container: 'arrow' };
  }
  const stranger = STRANGERS.find(([, magic]) => startsWith(head, ...magic));
  if (stranger) return { stranger: stranger[0] };
  if (isBinary(head)) return { stranger: 'a binary file' };
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text === '' && isWhole) return 'blank';
  const named = containerByName(path);
  if (named === 'parquet' || named === 'arrow')
    return { stranger: `text, not ${named === 'parquet' ? 'Parquet' : 'Arrow'} as its name says: export it again` };
  if (named === 'jsonl' || named === 'csv' || named === 'tsv') return { container: named };
  return { container: textContainer(text, named, isWhole) };
}

/** A few control characters are a fault of a row; packed or binary data have one in nine. */
const isBinary = (head: Buffer): boolean =>
  head.filter((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27)).length > head.length / 100;

/** Text whose name says nothing, or `.json`, which people give to JSON Lines, too. */
function textContainer(text: string, named: Container | undefined, isWhole: boolean): Container {
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) {
    const [first = '', ...rest] = text.split('\n');
    const isLine = rest.length > 0 || isWhole ? isObject(first) : named !== 'json';
    // One object alone is a row in either, and perhaps a wrapper around a list.
    return isLine && (named !== 'json' || rest.some((line) => line.startsWith('{'))) ? 'jsonl' : 'json';
  }
  if (named === 'json') return 'json';
  const header = text.split('\n', 1)[0] ?? '';
  return header.includes('\t') && !header.includes(',') ? 'tsv' : 'csv';
}

function isObject(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
