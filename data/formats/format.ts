import type { FormatName } from '../../configs/data.ts';
import type { Content } from '../row.ts';

/** What a format is told about the recipe. */
export interface FormatOptions {
  /** For `columns`: how to make messages of them. */
  template?: { system?: string | undefined; prompt: string; completion: string } | undefined;
  /** Column that names the class of a row. */
  label?: string | undefined;
  /** Columns that stay in `columns` though the format or its template uses them, e.g. those of split and key. */
  keep?: readonly string[] | undefined;
}

/** One way of writing rows down. Each is a file of this shape. */
export interface Format {
  name: FormatName;
  /** Whether an object looks like a row of this format; sees only its shape, never throws. */
  fits(value: Record<string, unknown>): boolean;
  /** Reads a row; a text is the reason why it cannot be one, to follow "line 12 ". */
  read(value: Record<string, unknown>, options: FormatOptions): Content | string;
  /**
   * Writes a row; `lost` names what the format has no place for, e.g. `tools`. Undefined `value`: the format
   * cannot hold such a row at all, with the reason in `lost`.
   */
  write?(row: Content): Written;
}

/** What became of a row that was to be written. */
export interface Written {
  value: Record<string, unknown> | undefined;
  lost: string[];
}
