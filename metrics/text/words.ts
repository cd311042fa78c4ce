/**
 * Whether a UTF-16 unit is white space to Python's `str.split` and `str.strip`, which the reference programs use.
 * It is not JavaScript's `\s`: U+001C to U+001F and U+0085 count, U+FEFF does not.
 */
export function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  if (code < 0x2000) return code === 0x1680;
  return code <= 0x200a || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000;
}

/** The runs of characters that are not white space, as Python's `str.split()` gives them. */
export function words(text: string): string[] {
  const found: string[] = [];
  let start = -1;
  for (let i = 0; i < text.length; i++) {
    if (isSpace(text.charCodeAt(i))) {
      if (start >= 0) found.push(text.slice(start, i));
      start = -1;
    } else if (start < 0) start = i;
  }
  if (start >= 0) found.push(text.slice(start));
  return found;
}

/** The text without the white space at its end, as Python's `str.rstrip()` gives it. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The text without the white space at both ends, as Python's `str.strip()` gives it. */
export function trim(text: string): string {
  const rest = trimEnd(text);
  let start = 0;
  while (start < rest.length && isSpace(rest.charCodeAt(start))) start += 1;
  return rest.slice(start);
}
