import type { z } from 'zod';
import { googleFetch } from '../google/rest.ts';

const PAGE = 100;
/** A list that goes round in circles ends. */
const MOST_PAGES = 1000;

/** Every page of a list at an address. @param filter In Google's list filter; undefined: everything. */
export async function pagesAt<Page extends { nextPageToken?: string | undefined }>(
  address: string,
  { filter, reply, signal }: { filter: string | undefined; reply: z.ZodType<Page>; signal: AbortSignal },
): Promise<Page[]> {
  const pages: Page[] = [];
  let token: string | undefined;
  while (pages.length < MOST_PAGES) {
    const query = new URLSearchParams({ pageSize: String(PAGE) });
    if (filter !== undefined) query.set('filter', filter);
    if (token !== undefined) query.set('pageToken', token);
    const page = await googleFetch({ url: `${address}?${query.toString()}`, signal, reply });
    pages.push(page);
    token = page.nextPageToken || undefined;
    if (token === undefined) return pages;
  }
  throw new Error(`the list at ${address} does not end`);
}
