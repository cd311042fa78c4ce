import { terminal, type TerminalError } from '../../configs/failure.ts';

/** The error for SQL that an engine refused, with the place if it named one. */
export function badSql(what: string, at?: { line: number; column: number }, cause?: unknown): TerminalError {
  const place = at ? ` (line ${at.line}, column ${at.column})` : '';
  return terminal('BadSql', `the sql cannot be used${place}: ${what}`, { ...at }, cause);
}

/** The error for SQL that is no reading. */
export const notReadOnly = (what: string): TerminalError =>
  terminal('BadSql', `the sql is refused, since a source is only read: ${what}. Write one SELECT`);

/** Line and column, from 1, of an offset from 0. */
export function placeIn(sql: string, offset: number): { line: number; column: number } {
  const before = sql.slice(0, Math.max(0, offset)).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** The first word of a statement, behind comments and opening brackets, in capitals. */
export function firstWord(sql: string): string {
  const bare = sql.replace(/^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*.*?\*\/)*/s, '');
  return (/^[A-Za-z]+/.exec(bare)?.[0] ?? '').toUpperCase();
}
