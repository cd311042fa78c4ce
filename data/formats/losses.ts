import type { Content, Message } from '../row.ts';
import type { Written } from './format.ts';

/** What a form can hold beside the messages themselves. */
export type Held = 'tools' | 'feedback' | 'label' | 'columns';

/** Names what a row has beside its messages and a form without place for it loses. */
export function lostBeside(row: Content, held: readonly Held[]): Set<string> {
  const lost = new Set<string>();
  if (row.tools && !held.includes('tools')) lost.add('tools');
  if (row.feedback && !held.includes('feedback')) lost.add('feedback');
  if (row.label !== undefined && !held.includes('label')) lost.add('label');
  if (row.columns && !held.includes('columns')) lost.add('columns');
  if (row.weight !== undefined) lost.add('row weight');
  if (row.origin) lost.add('origin');
  return lost;
}

/** The form cannot hold such a row. */
export const unwritable = (reason: string): Written => ({ value: undefined, lost: [reason] });

/**
 * The text of a message that is nothing but text; undefined where it has images or files. Lists of text parts
 * are joined, which loses where one ended.
 */
export function plainText({ content }: Message, lost: Set<string>): string | undefined {
  if (content === null) return '';
  if (typeof content === 'string') return content;
  const texts = content.map((part) => (part.type === 'text' ? part.text : undefined));
  if (texts.includes(undefined)) return undefined;
  if (texts.length > 1) lost.add('borders of text parts');
  return texts.join('\n');
}

/** Adds label and columns to a written row, for forms that may have further keys; a column whose key means something is lost. */
export function withColumns(
  value: Record<string, unknown>,
  row: Content,
  lost: Set<string>,
  taken: ReadonlySet<string>,
): Record<string, unknown> {
  const extended: Record<string, unknown> = row.label === undefined ? value : { ...value, label: row.label };
  if (!row.columns) return extended;
  const columns: Record<string, unknown> = {};
  for (const [key, found] of Object.entries(row.columns)) {
    // Taken keys of other forms would make the row look like one of them.
    if (Object.hasOwn(extended, key) || taken.has(key) || key === '__proto__') lost.add('columns');
    else columns[key] = found;
  }
  return { ...extended, ...columns };
}

/** Keys that mean something to one reader or another. */
export const TAKEN: ReadonlySet<string> = new Set([
  'messages',
  'contents',
  'completions',
  'systemInstruction',
  'system_instruction',
  'conversations',
  'instruction',
  'input',
  'output',
  'history',
  'system',
  'tools',
  'functions',
  'prompt',
  'completion',
  'chosen',
  'rejected',
  'preferred_output',
  'non_preferred_output',
  'kto_tag',
  'good',
  'rating',
  'comment',
  'correction',
  'text',
  'title',
  'uri',
  'url',
  'reason',
  'promptId',
  'anneal',
]);
