import { createHash, randomBytes } from 'node:crypto';
import { invalid, Refusal } from '../errors.ts';

/** A message as it comes over the wire: camelCase, int64 and enums as text. */
export type Message = Record<string, unknown>;

/** Names of resources, as far as this server knows them; the groups are project and location. */
const PARENT = /^projects\/[^/@]+\/locations\/[^/@]+$/;

/** A project and location. @throws Refusal */
export function parentOf(request: Message): string {
  const parent = text(request['parent']);
  if (!PARENT.test(parent)) throw invalid(`"${parent}" is not projects/{project}/locations/{location}`, 'parent');
  return parent;
}

/** A text field; absent is empty, as on the wire. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A repeated field. */
export const list = <T>(value: unknown): T[] => (Array.isArray(value) ? (value as T[]) : []);

/** A map field. */
export const map = <T>(value: unknown): Record<string, T> =>
  typeof value === 'object' && value !== null ? { ...(value as Record<string, T>) } : {};

/** An instant as a Timestamp. */
export const stamp = (iso: string): { seconds: string; nanos: number } => {
  const ms = Date.parse(iso);
  return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
};

/** A new etag. */
export const newEtag = (): string => randomBytes(9).toString('base64');

/** An id that the service makes itself. */
export const newId = (seed: string): string =>
  BigInt(
    `0x${createHash('sha256')
      .update(`${seed}${randomBytes(8).toString('hex')}`)
      .digest('hex')
      .slice(0, 15)}`,
  )
    .toString()
    .padStart(19, '1')
    .slice(0, 19);

/** Labels as Google Cloud takes them. @throws Refusal */
export function checkLabels(value: unknown): Record<string, string> {
  const labels = map<string>(value);
  if (Object.keys(labels).length > 64) throw invalid('no more than 64 labels are allowed', 'labels');
  for (const [key, word] of Object.entries(labels)) {
    if (!/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key))
      throw invalid(
        `label key "${key}": at most 63 lowercase letters, digits, "_" and "-", beginning with a letter`,
        'labels',
      );
    if (!/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(word))
      throw invalid(`label value "${word}": at most 63 lowercase letters, digits, "_" and "-"`, 'labels');
  }
  return labels;
}

/** A display name. @throws Refusal */
export function checkDisplayName(value: unknown, isRequired: boolean): string {
  const name = text(value);
  if (isRequired && name === '') throw invalid('display_name is required', 'display_name');
  if (Array.from(name).length > 128) throw invalid('display_name has more than 128 characters', 'display_name');
  return name;
}

/** An alias of a model version. @throws Refusal */
export function checkAlias(alias: string): string {
  if (!/^[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]$/.test(alias))
    throw invalid(`version alias "${alias}" does not match [a-z][a-zA-Z0-9-]{0,126}[a-z0-9]`, 'version_aliases');
  return alias;
}

/** Whether an etag that was sent is the current one; none: whatever is there is overwritten. @throws Refusal */
export function checkEtag(sent: unknown, current: string): void {
  if (text(sent) !== '' && sent !== current)
    throw new Refusal('ABORTED', 'the etag does not match: the resource was changed meanwhile');
}

/** Shares of traffic. @throws Refusal */
export function checkSplit(value: unknown, ids: readonly string[]): Record<string, number> {
  const split = map<number>(value);
  const shares = Object.entries(split);
  for (const [id] of shares)
    if (!ids.includes(id)) throw invalid(`traffic_split names "${id}", which is not deployed`, 'traffic_split');
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  if (shares.length > 0 && sum !== 100) throw invalid(`traffic_split adds up to ${sum}, not to 100`, 'traffic_split');
  return split;
}

/** One page of a list; the token is where the next one begins. @throws Refusal */
export function page<T>(
  all: readonly T[],
  request: Message,
  { usual, most }: { usual: number; most: number },
): { items: T[]; nextPageToken: string } {
  const size = Number(request['pageSize'] ?? 0) || usual;
  if (size < 1 || size > most) throw invalid(`page_size ${size} is not between 1 and ${most}`, 'page_size');
  const token = text(request['pageToken']);
  if (token !== '' && !/^p\d+$/.test(token)) throw invalid('the page token is not one of this list', 'page_token');
  const from = token === '' ? 0 : Number(token.slice(1));
  const next = from + size;
  return { items: all.slice(from, next), nextPageToken: next < all.length ? `p${next}` : '' };
}

/** Understands `labels.k="v" AND display_name="w"`; gives what it compares. @throws Refusal */
export function readFilter(value: unknown): (fields: Message) => boolean {
  const filter = text(value).trim();
  if (filter === '') return () => true;
  const terms = filter.split(/\s+AND\s+/).map((term) => {
    const found = /^(labels\.)?([A-Za-z_][\w-]*)\s*=\s*"?([^"]*)"?$/.exec(term);
    if (!found) throw invalid(`filter: cannot read "${term}"`, 'filter');
    const [, isLabel, field = '', wanted = ''] = found;
    const key = isLabel ? field : field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return (fields: Message): boolean =>
      (isLabel ? map<string>(fields['labels'])[key] : String(fields[key] ?? '')) === wanted;
  });
  return (fields) => terms.every((term) => term(fields));
}

/** Paths of a field mask. @throws Refusal */
export function maskOf(request: Message, allowed: readonly string[], isRequired: boolean): string[] {
  const paths = list<string>(map(request['updateMask'])['paths']);
  if (paths.length === 0 && isRequired) throw invalid('update_mask is required', 'update_mask');
  for (const path of paths)
    if (!allowed.includes(path)) throw invalid(`update_mask: "${path}" cannot be updated`, 'update_mask');
  return paths;
}
