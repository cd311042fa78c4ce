import { terminal } from '../../configs/failure.ts';

/** A file of rows elsewhere, as it was found: its content never changes under one generation. */
export interface FarFile {
  /** Such as `gs://bucket/rows.jsonl`. */
  uri: string;
  bytes: number;
  generation: string;
  /** Checksum, as the place where it lies notes it. */
  sum?: string;
}

/** Files of rows that lie elsewhere. */
export interface FarFiles {
  /**
   * What an address stands for: an object, everything below a prefix that ends with `/`, or the matches of a pattern.
   * @throws TerminalError `NoSuchFile`, and those of the place: no bucket, no permission.
   */
  find(uri: string): Promise<FarFile[]>;
  /** Path of a copy on this machine, under the same last name; it may go a day later. */
  fetch(file: FarFile): Promise<string>;
}

/** Where there is no way to reach what lies elsewhere. */
export const NOTHING_FAR: FarFiles = {
  find: (uri) => Promise.reject(terminal('NoSuchFile', `${uri} cannot be read here: give a file of this machine`)),
  fetch: ({ uri }) => Promise.reject(terminal('NoSuchFile', `${uri} cannot be read here`)),
};

/**
 * A pattern as an expression on the whole name: `*` and `?` stop at a slash, `**` does not; `[ab]` is one of them,
 * `{a,b}` either.
 * @throws TerminalError `BadAddress`
 */
export function patternOf(glob: string): RegExp {
  let [source, depth] = ['', 0];
  for (let i = 0; i < glob.length; i++) {
    const sign = glob[i] as string;
    if (glob.startsWith('**/', i)) [source, i] = [`${source}(?:.*/)?`, i + 2];
    else if (glob.startsWith('**', i)) [source, i] = [`${source}.*`, i + 1];
    else if (sign === '*') source += '[^/]*';
    else if (sign === '?') source += '[^/]';
    else if (sign === '{') [source, depth] = [`${source}(?:`, depth + 1];
    else if (sign === '}' && depth > 0) [source, depth] = [`${source})`, depth - 1];
    else if (sign === ',' && depth > 0) source += '|';
    else if (sign === '[' && glob.indexOf(']', i + 2) > 0) {
      const end = glob.indexOf(']', i + 2);
      const set = glob
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\');
      [source, i] = [`${source}[${set}]`, end];
    } else source += sign.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}${')'.repeat(depth)}$`, 's');
  } catch {
    throw terminal('BadAddress', `${glob} is no pattern: mend what stands in its brackets, such as [a-z]`);
  }
}
