import { PLACEHOLDER } from '../configs/template.ts';

/** What keeps a row from being used with some columns, or undefined. */
export function unusable(row: Record<string, unknown>, columns: readonly string[]): string | undefined {
  for (const column of columns) {
    if (!Object.hasOwn(row, column))
      return `has no column "${column}"; its columns are ${shortList(Object.keys(row)) || 'none'}`;
    const value = row[column];
    if (value === null) return `column "${column}" is null`;
    if (typeof value === 'object')
      return `column "${column}" is ${Array.isArray(value) ? 'a list' : 'an object'}, expected a text or a number`;
    if (typeof value === 'string' && value.trim() === '') return `column "${column}" is empty`;
  }
  return undefined;
}

const shortList = (names: readonly string[]): string =>
  names
    .slice(0, 12)
    .map((name) => (name.length > 60 ? `${name.slice(0, 60)}…` : name))
    .join(', ');

/** Fills a template from a row that {@link unusable} found fit. What a row holds is never read as a template. */
export function render(template: string, row: Record<string, unknown>): string {
  return template.replace(PLACEHOLDER, (_whole, column: string) => String(row[column])).trim();
}
