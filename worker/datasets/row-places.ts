import { rootOf, type Root } from '../../artifacts/ledger/row-roots.ts';
import type { Row } from '../../data/row.ts';
import type { Shelf } from './open.ts';

/** Where rows of datasets come from, whatever was made of them since. */
export interface RowPlaces {
  rootOf(digest: string): Promise<Root>;
  /**
   * Names the place of each row of a dataset: file and line, so that line 5 of the training file is not line 5 of
   * the test file; a synthetic row has none and is named by what it says.
   */
  keysOf(digest: string): Promise<(row: Pick<Row, 'source' | 'line' | 'origin' | 'id'>) => string>;
}

/** Looks the places up in the ledger, each dataset once. */
export function createRowPlaces({ ledger }: Shelf): RowPlaces {
  const roots = new Map<string, Promise<Root>>();

  const rootOfOne = (digest: string): Promise<Root> => {
    const known = roots.get(digest) ?? rootOf(ledger, digest);
    roots.set(digest, known);
    return known;
  };

  return {
    rootOf: rootOfOne,
    keysOf: async (digest) => {
      const root = await rootOfOne(digest);
      return ({ source, line, origin, id }) =>
        origin ? `row ${id}` : `${root.sources[source]?.digest ?? `${root.digest}/${source}`}:${line}`;
    },
  };
}
