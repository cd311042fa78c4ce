import { fold } from './fold.ts';

/** What may stand in an address; brackets, quotes and everything beyond ASCII end it. */
const RUN = /[!#-'*-;=?-Z\\^_a-~]+/g;
const ESCAPE = /%([0-9a-f]{2})/gi;

/**
 * Whether a text holds an address of the host, or of a host below it, that carries one of the words: in its query, its
 * path or its name, plain or with percent escapes. Words beside an address do not count: nothing would be sent.
 */
export function urlHolds(text: string, host: string, words: readonly string[]): boolean {
  const wanted = words.map(fold).filter((word) => word !== '');
  // Invisible characters are no part of an address and are dropped by what shows it.
  for (const { 0: found } of text.replace(/\p{Cf}/gu, '').matchAll(RUN)) {
    const address = found.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    const at = address.toLowerCase().indexOf(host);
    if (at < 0) continue;
    // What stands before the address in the same run is none of it.
    const folded = fold(address.slice(Math.max(0, address.lastIndexOf('//', at))));
    if (wanted.some((word) => folded.includes(word))) return true;
  }
  return false;
}
