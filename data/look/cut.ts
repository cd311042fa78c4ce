/**
 * The text, cut to so many UTF-16 units with "…" at its end; never through a surrogate pair. The result is a
 * copy: a slice would hold the whole text in memory.
 */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const code = text.charCodeAt(length - 2);
  const end = code >= 0xd800 && code <= 0xdbff ? length - 2 : length - 1;
  return copy(`${text.slice(0, Math.max(0, end))}…`);
}

/** A string of its own, also of a lone surrogate. */
export function copy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
