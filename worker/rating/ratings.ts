import { enterArtifact, findArtifact } from '../../artifacts/ledger/artifacts.ts';
import type { ArtifactRef } from '../../configs/refs.ts';
import { terminal } from '../../configs/failure.ts';
import { rowsIn } from '../../data/lines.ts';
import { Rating } from '../../evaluation/ratings/rating.ts';
import { summarise, type RatingSummary } from '../../evaluation/ratings/summary.ts';
import type { Shelf } from './tasks.ts';

/** Where ratings come from. */
export interface Source {
  task?: string;
  run?: string;
  /** Name of a file that was imported. */
  file?: string;
}

/** Ratings of the ledger, with what is known of them. */
export interface ListedRatings extends Omit<RatingSummary, 'agreement'>, Source {
  digest: string;
  at: string;
}

/** Keeps ratings as an artifact. */
export async function keepRatings(
  { ledger, store }: Shelf,
  ratings: readonly Rating[],
  source: Source,
): Promise<ArtifactRef> {
  const text = ratings.map((rating) => `${JSON.stringify(rating)}\n`).join('');
  const { agreement: _agreement, ...summary } = summarise(ratings);
  return enterArtifact(ledger, 'Ratings', await store.putBytes(text), { ...summary, ...source });
}

/** The ratings of an artifact. @throws TerminalError `NoRatings` for one of another type. */
export async function openRatings({ ledger, store }: Shelf, digest: string): Promise<Rating[]> {
  const found = await findArtifact(ledger, digest);
  if (found?.type !== 'Ratings')
    throw terminal(
      'NoRatings',
      `${digest} is ${found ? `of type ${found.type}` : 'not there'}: \`anneal rate list\` lists ratings`,
    );
  return [...rowsIn<unknown>(await store.path(digest))].map((row) => Rating.parse(row));
}

/** All ratings, newest first. */
export async function listRatings({ ledger }: Pick<Shelf, 'ledger'>): Promise<ListedRatings[]> {
  const rows = await ledger
    .selectFrom('artifacts')
    .select(['digest', 'meta_json', 'created_at'])
    .where('type', '=', 'Ratings')
    .orderBy('created_at', 'desc')
    .orderBy('digest')
    .execute();
  return rows.map(({ digest, meta_json, created_at }) => ({
    digest,
    at: created_at,
    ...(JSON.parse(meta_json) as Omit<ListedRatings, 'digest' | 'at'>),
  }));
}

/** The newest ratings of a run. @throws TerminalError `NoRatings` */
export async function ratingsOfRun(shelf: Shelf, run: string): Promise<string> {
  const found = (await listRatings(shelf)).find((one) => one.run === run);
  if (found) return found.digest;
  throw terminal('NoRatings', `nobody has rated answers of run ${run}: \`anneal rate ${run}\` begins`);
}
