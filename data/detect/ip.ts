import { isIPv6 } from 'node:net';
import type { Span } from './span.ts';

const V4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
// Versions of programs are written like addresses: "version 1.2.3.4", "Chrome/120.0.0.0", "Section 1.2.3.4".
const VERSION = /(?:\b(?:v|ver|version|release|rev|revision|build|section|chapter)[\s.:=]{0,3}|[A-Za-z]\/|§\s?)$/i;
const V6 = /[0-9A-Fa-f:.]{3,}/g;
const COLONS = /:[0-9A-Fa-f]{0,4}:/;
const LONGEST_V6 = 45;

/** IP addresses, version 4 and 6, private and loopback ones too; numbers of versions and sections are none. */
export function findIps(text: string): Span<'ip'>[] {
  const spans: Span<'ip'>[] = [];
  for (const match of text.matchAll(V4)) {
    if (!match[0].split('.').every((octet) => Number(octet) <= 255)) continue;
    if (VERSION.test(text.slice(Math.max(0, match.index - 12), match.index))) continue;
    spans.push({ kind: 'ip', start: match.index, end: match.index + match[0].length });
  }
  if (!COLONS.test(text)) return spans;
  for (const match of text.matchAll(V6)) {
    const start = match.index;
    const found = match[0].replace(/(?:(?<!:):|\.)+$/, '');
    const end = start + found.length;
    if (found.length > LONGEST_V6 || !isLikelyV6(found)) continue;
    if (/\w/.test(text[start - 1] ?? '') || /\w/.test(text[start + match[0].length] ?? '')) continue;
    spans.push({ kind: 'ip', start, end });
  }
  return spans;
}

// Code writes `a::b`; so much of an address has to be there that code is unlikely.
function isLikelyV6(text: string): boolean {
  if (!isIPv6(text)) return false;
  if (text === '::1' || !text.includes('::')) return true;
  return /\d/.test(text) && text.replaceAll(/[:.]/g, '').length >= 4;
}
