import type { Content, Message } from '../row.ts';
import { flawOf, flawOfText, kindOf, parseJson, isObject, setOwn } from './flaw.ts';
import type { FormatOptions } from './format.ts';
import { readAside } from './internal.ts';
import { TAKEN } from './losses.ts';
import type { Strays } from './strays.ts';

/** Key under which our Parquet files keep, as JSON text, what the vendors' forms have no place for. */
export const ASIDE = 'anneal';

/**
 * Adds to a content what the format did not use of a row: its label, and every other key as a column.
 * A text is the reason why that cannot be.
 */
export function withRest(
  content: Content,
  value: Record<string, unknown>,
  used: ReadonlySet<string>,
  options: FormatOptions,
  strays?: Strays,
): Content | string {
  let columns: Record<string, unknown> | undefined;
  for (const key in value) {
    if (used.has(key)) continue;
    const found = value[key];
    // Of a file with rows of several kinds each has null where only another kind has something.
    if (found === null && (TAKEN.has(key) || key === 'label')) continue;
    const flaw = flawOfText(key) ?? flawOf(found);
    if (flaw) return `has ${flaw} in column ${JSON.stringify(key.slice(0, 40).toWellFormed())}`;
    if (key === options.label) {
      const label = readLabel(found, key);
      if (typeof label === 'object') return label.reason;
      if (label !== undefined) content.label = label;
      if (!options.keep?.includes(key)) continue;
    }
    const aside = key === ASIDE && typeof found === 'string' ? readAside(parseJson(found)) : undefined;
    if (aside) Object.assign(content, aside);
    else setOwn((columns ??= {}), key, found);
  }
  // A label may also stand in a column that the format itself uses, such as the answer.
  if (options.label !== undefined && used.has(options.label) && Object.hasOwn(value, options.label)) {
    const label = readLabel(value[options.label], options.label);
    if (typeof label === 'string') content.label = label;
  }
  for (const key of options.keep ?? [])
    if (used.has(key) && Object.hasOwn(value, key)) setOwn((columns ??= {}), key, value[key]);
  if (strays) for (const path in strays) setOwn((columns ??= {}), path, strays[path]);
  if (columns) content.columns = content.columns ? { ...content.columns, ...columns } : columns;
  return content;
}

function readLabel(found: unknown, key: string): string | undefined | { reason: string } {
  if (found === null || found === undefined || found === '') return undefined;
  if (typeof found === 'object') return { reason: `has a label "${key}" that is ${kindOf(found)}` };
  return String(found);
}

/** A text as the one message it stands for. */
export const said = (role: Message['role'], content: string): Message => ({ role, content });

/** A text of a row under a key; undefined where it is absent or null, an object with the reason where it is none. */
export function textAt(value: Record<string, unknown>, key: string): string | undefined | { reason: string } {
  const found = value[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string') return { reason: `has "${key}" that is ${kindOf(found)}, expected a text` };
  const flaw = flawOfText(found);
  return flaw ? { reason: `has ${flaw} in "${key}"` } : found;
}

/** Whether a value is an object that {@link textAt} and its like give for a reason. */
export const isReason = (value: unknown): value is { reason: string } =>
  isObject(value) && typeof value['reason'] === 'string' && Object.keys(value).length === 1;
