import type { Span } from './span.ts';

const LOCAL_LIMIT = 64;
const LOCAL_CHARACTER = /[\p{L}\p{N}\p{M}._%+'-]/u;
const DOMAIN = /@((?:[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}-]{0,62}\.){1,8}[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}-]{0,62})/uy;
const TOP_LEVEL = /^(?:\p{L}{2,24}|xn--[a-z0-9-]{2,59})$/iu;
const CREDENTIALS = /:\/\/[^\s/@]*$/;

/**
 * E-mail addresses, letters of every script included. What follows a user name in a URI, and the remote
 * `git@host:path`, is none.
 */
export function findEmails(text: string): Span<'email'>[] {
  const spans: Span<'email'>[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < LOCAL_LIMIT && LOCAL_CHARACTER.test(text[start - 1]!)) start -= 1;
    while (start < at && !/[\p{L}\p{N}]/u.test(text[start]!)) start += 1;
    if (start === at) continue;
    DOMAIN.lastIndex = at;
    const labels = DOMAIN.exec(text)?.[1]?.split('.') ?? [];
    // "alice@example.com.2" is an address with something behind it.
    while (labels.length > 1 && !TOP_LEVEL.test(labels.at(-1)!)) labels.pop();
    if (labels.length < 2) continue;
    const end = at + 1 + labels.join('.').length;
    if (text.slice(start, at) === 'git' && text[end] === ':') continue;
    if (text[start - 1] === ':' && CREDENTIALS.test(text.slice(Math.max(0, start - 200), start))) continue;
    spans.push({ kind: 'email', start, end });
  }
  return spans;
}
