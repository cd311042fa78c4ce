import { createHash } from 'node:crypto';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A text as an id of [a-z0-9-]; one that does not fit as it is ends in a piece of its hash, so that no two are the same. */
export function idOf(text: string, most = 128): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return plain === text && text.length <= most ? text : `${plain.slice(0, most - 9)}-${hashOf(text).slice(0, 8)}`;
}

/** First digits of a digest, as a label's value. */
export const digestLabel = (digest: string): string => digest.replace('sha256:', '').slice(0, 40);

/** Id of a deployed model: ten digits, the same each time for the same content. */
export function deployedId(digest: string): string {
  const number = BigInt(`0x${digest.replace('sha256:', '').slice(0, 15)}`);
  return String(1_000_000_000n + (number % 9_000_000_000n));
}

/** What the registry takes as an alias. */
export const isAlias = (text: string): boolean => /^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$/.test(text);
