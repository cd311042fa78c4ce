import { z } from 'zod';

/** Most that is asked for at once; some servers refuse more. */
const PAGE = 100;
/** A list that goes on longer than this does not end. */
const MAX_PAGES = 5000;

const Page = z.union([
  z.array(z.unknown()).transform((data) => ({ data, has_more: false })),
  z.looseObject({ data: z.array(z.unknown()), has_more: z.boolean().nullish().catch(false) }),
]);

/** What a list is asked with. */
export type Query = Record<string, string | number | Record<string, string>>;

/**
 * A list in pages, until the server says that there are no more, or sends one again.
 *
 * @param ask Gets one page.
 * @param malformed Makes the error for a reply that is no list.
 */
export async function* pagesOf(
  ask: (query: Query) => Promise<unknown>,
  query: Query,
  malformed: (what: string) => Error,
): AsyncGenerator<unknown[]> {
  const seen = new Set<string>();
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const parsed = Page.safeParse(await ask({ limit: PAGE, ...query, ...(after === undefined ? {} : { after }) }));
    if (!parsed.success) throw malformed('something that is no list');
    const { data, has_more: hasMore } = parsed.data;
    const ids = data.map(idOf);
    const fresh = data.filter((_, at) => ids[at] === undefined || !seen.has(ids[at]));
    for (const id of ids) if (id !== undefined) seen.add(id);
    if (fresh.length > 0) yield fresh;
    const last = ids.at(-1);
    if (hasMore !== true || last === undefined || last === after || fresh.length === 0) return;
    after = last;
  }
  throw malformed(`a list that does not end within ${MAX_PAGES} pages`);
}

const idOf = (item: unknown): string | undefined => {
  const id = typeof item === 'object' && item !== null ? (item as { id?: unknown }).id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
};
