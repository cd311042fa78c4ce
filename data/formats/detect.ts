import type { FormatName } from '../../configs/data.ts';
import type { Content } from '../row.ts';
import { alpaca } from './alpaca.ts';
import { columns, templateColumns } from './columns.ts';
import { document } from './document.ts';
import { feedback } from './feedback.ts';
import { isObject, kindOf } from './flaw.ts';
import type { Format, FormatOptions } from './format.ts';
import { hintFor, noShape } from './hints.ts';
import { isOwnRow, isQuarantined, mendedRow, readOwnRow } from './internal.ts';
import { openaiPreference } from './openai-preference.ts';
import { openai } from './openai.ts';
import { ANSWERS, promptCompletion } from './prompt-completion.ts';
import { sharegpt } from './sharegpt.ts';
import { trlPreference } from './trl-preference.ts';
import { vertexPreference } from './vertex-preference.ts';
import { vertex } from './vertex.ts';

/** In the order in which a row is held against them: the most common first, a special case before the general one. */
const BY_SHAPE: readonly Format[] = [
  openai,
  openaiPreference,
  vertexPreference,
  vertex,
  alpaca,
  sharegpt,
  trlPreference,
  feedback,
  promptCompletion,
  document,
];

const BY_NAME: ReadonlyMap<FormatName, Format> = new Map([...BY_SHAPE, columns].map((format) => [format.name, format]));

/** The format that a row has the shape of; undefined when it fits none and no template makes a conversation of it. */
export function detectFormat(value: Record<string, unknown>, options: FormatOptions = {}): FormatName | undefined {
  // Whoever gives a template for just these columns means it, whatever the columns are called.
  if (options.template && hasAll(value, templateColumns(options.template))) return 'columns';
  for (const format of BY_SHAPE) {
    if (!format.fits(value)) continue;
    if (format === promptCompletion && isHalf(value, options)) continue;
    // A label that is true or false is what people thought, unless the recipe says that it is the class.
    if (format === feedback && options.label === 'label' && !hasJudgement(value)) continue;
    if (format === document && options.label !== undefined && Object.hasOwn(value, options.label)) continue;
    return format.name;
  }
  return options.template ? 'columns' : undefined;
}

/** What became of a row that was read: its content, or the reason why it has none, to follow "line 12 ". */
export type Reading = { content: Content; format: FormatName } | { reason: string };

/** Reads a row of any format; rows of our own and lines of a quarantine file are known whatever the format. */
export function readRow(value: unknown, format: FormatName | 'auto', options: FormatOptions = {}): Reading {
  if (!isObject(value)) return { reason: `is ${kindOf(value)}, expected an object` };
  if (value['promptId'] !== undefined && isOwnRow(value)) return reading(readOwnRow(value, options), 'openai');
  if (value['reason'] !== undefined && isQuarantined(value)) {
    const row = mendedRow(value);
    if (typeof row === 'string') return { reason: row };
    if (isQuarantined(row)) return { reason: 'was put aside twice: put the mended row itself under "row"' };
    return readRow(row, format, options);
  }
  const name = format === 'auto' ? detectFormat(value, options) : format;
  if (name === undefined) return { reason: noShape(value) };
  const found = BY_NAME.get(name) as Format;
  if (format !== 'auto' && !found.fits(value)) {
    const read = found.read(value, options);
    const reason = typeof read === 'string' ? read : 'has other keys';
    return { reason: `is not of the format ${name}: it ${reason}${hintFor(value)}` };
  }
  return reading(found.read(value, options), name);
}

const reading = (read: Content | string, format: FormatName): Reading =>
  typeof read === 'string' ? { reason: read } : { content: read, format };

function hasAll(value: Record<string, unknown>, names: ReadonlySet<string>): boolean {
  for (const name of names) if (!Object.hasOwn(value, name)) return false;
  return names.size > 0;
}

const hasJudgement = ({ rating, comment, correction }: Record<string, unknown>): boolean =>
  typeof rating === 'number' || typeof comment === 'string' || typeof correction === 'string';

/** A prompt whose answer stands under another name would be taken for a prompt without one. */
const isHalf = (value: Record<string, unknown>, { label }: FormatOptions): boolean =>
  (value['completion'] === undefined || value['completion'] === null) &&
  ANSWERS.some((key) => key !== label && value[key] !== undefined && value[key] !== null);
